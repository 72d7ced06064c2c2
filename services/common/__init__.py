"""What all servers share. Importing it makes gRPC safe beside child processes (see docs/architecture.md)."""

import os

# grpcio's fork handlers can kill a child between fork and exec (grpc/grpc#43055); must be set before `import grpc`.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"
os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what fails is raised; its own lines on standard error only add noise

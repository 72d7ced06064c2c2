"""Exit 0 when the container's service answers: HTTP for the gateway, the gRPC health protocol for the others."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request

PORTS = {"seeder": "50052", "backup": "50053", "schemas": "50054", "datasets": "50055"}
"""Where services listen unless told otherwise, when it is not 50051."""


def gateway_answers(port: str) -> bool:
    """Whether `/health/live` says 200."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=3) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def service_answers(port: str) -> bool:
    """Whether the gRPC health service says SERVING."""
    os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=3)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def main() -> int:
    """0 when it answers, else 1."""
    service = os.environ.get("SERVICE", "gateway")
    if service == "gateway":
        return not gateway_answers(os.environ.get("MOCKCRAFT_PORT", "8080"))
    return not service_answers(os.environ.get("MOCKCRAFT_GRPC_PORT", PORTS.get(service, "50051")))


if __name__ == "__main__":
    sys.exit(main())

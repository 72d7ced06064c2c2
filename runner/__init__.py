"""The engine: one job, one process. Schema to plan, plan to blocks, blocks to formats.

Nothing here knows gRPC or any service.
"""

ENGINE_VERSION = 1
"""Raised when the engine changes bytes; written into every manifest."""

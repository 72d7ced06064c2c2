"""The gateway: REST, SSE and WebSocket in, gRPC out. It holds no business logic."""

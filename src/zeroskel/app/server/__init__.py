"""The server: the recognizer behind REST and a WebSocket; recognises nothing itself. `create_app` is in application."""

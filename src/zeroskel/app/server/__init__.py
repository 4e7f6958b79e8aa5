"""Web server: a recognizer behind REST routes and a WebSocket. `application.create_app` builds it."""

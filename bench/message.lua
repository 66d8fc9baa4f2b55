-- For wrk: a chat message with each request.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.body = "type=chat&content=hello"

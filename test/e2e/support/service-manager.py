"""Starts a program as systemd does: with sockets that are open already, and a socket that it sends notices to.

Arguments: a JSON object with "sockets" (list of {"name", "path"} or {"name", "port", "host"}), "notify" (path, or "@" and a name),
"watchdogUsec" (text, "" = none), then the program and its arguments. Prints one JSON line for each notice, and passes
SIGTERM and SIGHUP on.
"""
import json
import os
import signal
import socket
import sys

order = json.loads(sys.argv[1])
notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = order["notify"]
notices.bind("\0" + name[1:] if name.startswith("@") else name)

passed = []
for wanted in order["sockets"]:
    if "path" in wanted:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(wanted["path"])
    else:
        listener = socket.socket(socket.AF_INET)
        listener.bind((wanted.get("host", "127.0.0.1"), wanted["port"]))
    listener.listen(128)
    passed.append(listener)
print(json.dumps({"ports": [s.getsockname()[1] for s in passed if s.family == socket.AF_INET]}), flush=True)

child = os.fork()
if child == 0:
    # Out of the way of the numbers that the program expects.
    kept = [os.dup2(listener.fileno(), 100 + index) for index, listener in enumerate(passed)]
    for index, descriptor in enumerate(kept):
        os.dup2(descriptor, 3 + index, inheritable=True)
        os.close(descriptor)
    os.environ.update(
        NOTIFY_SOCKET=name,
        LISTEN_PID=str(os.getpid()),
        LISTEN_FDS=str(len(passed)),
        LISTEN_FDNAMES=":".join(wanted["name"] for wanted in order["sockets"]),
    )
    if order["watchdogUsec"]:
        os.environ.update(WATCHDOG_USEC=order["watchdogUsec"], WATCHDOG_PID=str(os.getpid()))
    os.execvp(sys.argv[2], sys.argv[2:])

print(json.dumps({"pid": child}), flush=True)
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda received, frame: os.kill(child, received))
notices.settimeout(0.1)
status = None
while status is None:
    try:
        print(json.dumps({"notice": notices.recv(4096).decode()}), flush=True)
    except (TimeoutError, InterruptedError):
        ended, code = os.waitpid(child, os.WNOHANG)
        status = code if ended else None
sys.exit(os.waitstatus_to_exitcode(status))

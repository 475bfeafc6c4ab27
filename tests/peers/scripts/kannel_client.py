"""Kannel as a client: its bearerbox at our carrier, its smsbox driven and heard over HTTP."""

from __future__ import annotations

import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_connection, socket

from tests.peers.scripts.talk import ASKED, say

CONFIGURATION = """
group = core
admin-port = {admin}
admin-password = tests
smsbox-port = {smsbox}
box-allow-ip = "127.0.0.1"
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = carrier
host = 127.0.0.1
port = {carrier}
transceiver-mode = true
smsc-username = "{login}"
smsc-password = "{secret}"
system-type = ""
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sending}

group = sendsms-user
username = tests
password = tests
concatenation = true
max-messages = 9

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "http://127.0.0.1:{hearing}/incoming?text=%b&sender=%p"
"""
PATH = "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin"
ACCEPTED, DELIVERED = 8, 1


def free_port() -> int:
    with socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Heard(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked = urllib.parse.urlsplit(self.path)
        # Kannel gives a UCS-2 text's octets as they came.
        fields = dict(urllib.parse.parse_qsl(asked.query, encoding="latin-1"))
        if asked.path == "/incoming":
            say("incoming", text=fields["text"].encode("latin-1").decode("utf-16-be"), sender=fields["sender"])
        elif int(fields["kind"]) == ACCEPTED:
            say("accepted", id=fields["id"])
        elif int(fields["kind"]) == DELIVERED:
            stat = re.search(r"stat:(\w+)", fields["answer"])
            say("receipt", id=fields["id"], tlv_id=None, stat=stat[1] if stat else fields["answer"])
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def send(port: int, hearing: int, text: str) -> None:
    callback = f"http://127.0.0.1:{hearing}/receipt?kind=%d&id=%F&answer=%A"
    query = urllib.parse.urlencode({
        "username": "tests", "password": "tests", "from": ASKED["source"], "to": ASKED["number"], "text": text,
        "charset": "UTF-8", "coding": 2, "dlr-mask": 1 | 2 | 8 | 16, "dlr-url": callback,
    })  # fmt: skip
    # Its HTTP port opens a moment before it knows its users: who asks just then is told that nobody may.
    patient_until = time.monotonic() + 5
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/cgi-bin/sendsms?{query}") as answer:
                answer.read()
                return
        except urllib.error.HTTPError as error:
            why = error.read().decode()
            if why.startswith("Authorization failed") and time.monotonic() < patient_until:
                time.sleep(0.05)
                continue
            say("error", why=why)
            return
        except OSError:
            time.sleep(0.05)


def box(name: str, folder: str, errors: int) -> subprocess.Popen[bytes]:
    program = shutil.which(name, path=PATH)
    assert program
    return subprocess.Popen(
        [program, "-v", "0", "kannel.conf"], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=errors,
    )  # fmt: skip


def wait_for(port: int) -> None:
    while True:
        try:
            create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)


def read_log(bearerbox: subprocess.Popen[bytes], logged_in: queue.Queue[bool]) -> None:
    """What bearerbox tells nowhere else: how its login went, and that it left in order. It logs each PDU's fields."""
    assert bearerbox.stderr
    pdu = ""
    for line in bearerbox.stderr:
        text = line.decode(errors="replace")
        if named := re.search(r"type_name: (\w+)", text):
            pdu = named[1]
            if pdu == "unbind_resp":
                say("unbound")
        elif pdu == "bind_transceiver_resp" and (status := re.search(r"command_status: (\d+)", text)):
            pdu = ""
            logged_in.put(status[1] == "0")
            say("bound") if status[1] == "0" else say("refused", code=int(status[1]))
        elif " PANIC: " in text or " ERROR: " in text:
            print(text, end="", file=sys.stderr)


def main() -> None:
    hearing = ThreadingHTTPServer(("127.0.0.1", 0), Heard)
    threading.Thread(target=hearing.serve_forever, daemon=True).start()
    admin, smsbox_port, sending = free_port(), free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "kannel.conf").write_text(
            CONFIGURATION.format(
                admin=admin, smsbox=smsbox_port, sending=sending, hearing=hearing.server_port,
                carrier=ASKED["port"], login=ASKED["login"], secret=ASKED["secret"],
            )
        )  # fmt: skip
        logged_in: queue.Queue[bool] = queue.Queue()
        bearerbox = box("bearerbox", folder, subprocess.PIPE)
        threading.Thread(target=read_log, args=(bearerbox, logged_in), daemon=True).start()
        wait_for(smsbox_port)
        smsbox = box("smsbox", folder, subprocess.DEVNULL)
        try:
            if logged_in.get(timeout=10):
                for text in ASKED["texts"]:
                    send(sending, hearing.server_port, text)
                sys.stdin.read()
        finally:
            for one in (smsbox, bearerbox):
                one.terminate()
                one.wait()


main()

"""Receives webhooks and verifies them with the reference library, as a customer would.

Usage: webhook_receiver.py SECRET PUBLIC_KEY

Prints its port, and for each webhook a line of JSON: what was verified, or why it was not.
"""

import base64
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

secret, public = sys.argv[1:]
webhook = Webhook(secret)
# The reference library knows shared secrets alone.
verifier = eddsa.new(eddsa.import_public_key(base64.b64decode(public.removeprefix("whpk_"))), "rfc8032")


def by_public_key(headers, body: bytes) -> bool:
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for signature in headers["webhook-signature"].split(" "):
        version, encoded = signature.split(",")
        if version == "v1a":
            try:
                verifier.verify(content, base64.b64decode(encoded))
                return True
            except ValueError:
                pass
    return False


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        said = {"by_public_key": by_public_key(self.headers, body)}
        try:
            said["event"] = webhook.verify(body, dict(self.headers))
        except WebhookVerificationError as error:
            said["error"] = str(error)
        print(json.dumps(said), flush=True)
        self.send_response(401 if "error" in said else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
server.serve_forever()

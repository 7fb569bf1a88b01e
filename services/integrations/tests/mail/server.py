"""An SMTP server that does what the recipient's name says, and prints what it took, as Python's own parser reads it."""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

options = json.loads(sys.argv[1])


def part(message, kind):
    found = message.get_body((kind,))
    return found.get_content().replace("\r\n", "\n") if found else None


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if address.startswith("nobody@"):
            return "550 5.7.1 sender nobody is not allowed here"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        name = address.split("@")[0]
        if name == "gone":
            return f"550 5.1.1 <{address.upper()}>: no such user"
        if name == "busy":
            return "451 4.7.1 greylisted, come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        if name == "full":
            return "452 4.2.2 mailbox full"
        if name == "spam":
            return "554 5.7.1 looks like spam\r\nsecond line"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        print(
            json.dumps(
                {
                    "from": envelope.mail_from,
                    "to": envelope.rcpt_tos,
                    "user": getattr(session.auth_data, "login", b"").decode(),
                    "tls": server.transport.get_extra_info("ssl_object") is not None,
                    "hello": session.host_name,
                    "headers": [[key, str(value)] for key, value in message.items()],
                    "text": part(message, "plain"),
                    "html": part(message, "html"),
                    "defects": [str(defect) for each in message.walk() for defect in each.defects],
                    "line_max": max(len(line) for line in envelope.content.split(b"\r\n")),
                    "ascii": envelope.content.isascii(),
                }
            ),
            flush=True,
        )
        if name == "drop":
            server.transport.abort()
            await asyncio.sleep(3600)
        if name == "slow":
            await asyncio.sleep(3600)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    if data.login == b"later":
        return AuthResult(success=False, handled=False, message="454 4.7.0 cannot check now")
    good = (data.login, data.password) == (b"user", b"pass word")
    said = "535 5.7.8 " + data.password.decode() + " is wrong"
    return AuthResult(success=good, handled=False, message=None if good else said, auth_data=data)


async def main():
    context = None
    if "cert" in options:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options["cert"], options["key"])
    login = {}
    if options.get("login"):
        login = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    starttls = {"tls_context": context, "require_starttls": True} if options["security"] == "starttls" else {}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Handler(), hostname="mail.test", enable_SMTPUTF8=True, loop=loop, **login, **starttls),
        "127.0.0.1",
        0,
        ssl=context if options["security"] == "tls" else None,
    )
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    # The test has ended when it closes the pipe.
    await loop.run_in_executor(None, sys.stdin.read)


try:
    asyncio.run(asyncio.wait_for(main(), 600))
finally:
    import os

    os._exit(0)

"""What the sandbox's own options do, each on a sandbox of its own: TLS, the rate limit, no tokens, balances."""

import datetime
import ipaddress
import os
import ssl
import tempfile
from decimal import Decimal

import ccxt
import requests
from checks import check, contains, equal, eventually, raises, true
from coinbase.rest import RESTClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from requests import HTTPError
from sandbox import Sandbox
from streams import Stream
from world import PREFIX, PRODUCT


def certificate(directory):
    """A certificate for this machine that vouches for itself; returns its file and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = os.path.join(directory, "certificate.pem"), os.path.join(directory, "key.pem")
    with open(paths[0], "wb") as file:
        file.write(made.public_bytes(serialization.Encoding.PEM))
    with open(paths[1], "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    os.chmod(paths[1], 0o600)
    return paths


@check("with TLS the SDK needs no adapter and ccxt no plain http, and both verify the certificate")
def _(world):
    with tempfile.TemporaryDirectory() as directory:
        chain, key = certificate(directory)
        with Sandbox("--tls-cert", chain, "--tls-key", key) as secure:
            true(secure.url.startswith("https://"), f"it listens at {secure.url}")
            name, secret = secure.ecdsa
            client = RESTClient(api_key=name, api_secret=secret, base_url=secure.host, timeout=10)
            # A bundle named by the environment would count for more than the one given here.
            client.session.trust_env = False
            raises(requests.exceptions.SSLError, client.get_accounts, "a certificate that nobody vouches for")
            client.session.verify = chain
            true(client.get_accounts()["accounts"], "no accounts")
            exchange = ccxt.coinbase({"apiKey": name, "secret": secret, "urls": {"api": {"rest": secure.url}}})
            # ccxt hands requests `verify and validateServerSsl`: the last one is what counts.
            exchange.validateServerSsl = chain
            true("BTC/USD" in exchange.load_markets(), "no markets")
            plain = requests.Session()
            raises(
                requests.exceptions.ConnectionError,
                lambda: plain.get(f"http://{secure.host}{PREFIX}/time", timeout=5),
                "plain http to a port that speaks TLS",
            )
            true(ssl.get_server_certificate(tuple(secure.host.split(":"))).startswith("-----BEGIN"), "no certificate")


@check("with TLS the SDK's WebSocket client hears the user channel")
def _(world):
    with tempfile.TemporaryDirectory() as directory:
        chain, key = certificate(directory)
        with Sandbox("--tls-cert", chain, "--tls-key", key) as secure:
            stream = Stream(secure.stream_url + "/ws", secure.ecdsa, user=True).open()
            try:
                stream.client.user([PRODUCT])
                stream.message("user", kind="snapshot")
            finally:
                stream.end()


@check("a rate limit answers 429, says what is left, and lets in again")
def _(world):
    with Sandbox("--rate", "5/2") as limited:
        client = world.client(limited.ecdsa, host=limited.host, rate_limit_headers=True)
        left = [int(client.get_accounts().rate_limit_remaining) for _ in range(3)]
        equal(left, sorted(left, reverse=True), "what is left")

        def exhaust():
            for _ in range(20):
                client.get_accounts()

        error = raises(HTTPError, exhaust, "twenty requests at once")
        equal(error.response.status_code, 429, "status")
        contains(error.response.headers, "x-ratelimit-remaining", "headers")

        def again():
            try:
                return client.get_accounts()
            except HTTPError:
                return None

        eventually(again, "a request that is let in again")


@check("without tokens everybody may trade")
def _(world):
    with Sandbox(asks=False) as open_house:
        answer = requests.get(f"{open_house.url}{PREFIX}/accounts", timeout=10)
        equal(answer.status_code, 200, "status")
        # A client that signs anyway is as welcome, whatever it signs with.
        client = world.client(world.sandbox.ecdsa, host=open_house.host)
        placed = client.limit_order_gtc_buy("open-1", PRODUCT, "0.001", "20000.00")
        equal(placed["success"], True, "success")
        stream = Stream(open_house.stream_url, None).open()
        try:
            stream.client.ticker([PRODUCT])
            stream.message("ticker")
        finally:
            stream.end()


@check("balances are what was asked for")
def _(world):
    with Sandbox("--balance", "USD=12.5", "BTC=0") as poor:
        accounts = world.client(poor.ecdsa, host=poor.host).get_accounts(limit=250).to_dict()["accounts"]
        owned = {a["currency"]: Decimal(a["available_balance"]["value"]) for a in accounts}
        equal((owned["USD"], owned["BTC"]), (Decimal("12.5"), 0), "balances")


@check("a simulated market moves by itself, and one of the same seed has the same first prices")
def _(world):
    first = []
    for _ in range(2):
        with Sandbox("--market", "simulated", "--seed", "42") as moving:
            client = world.client(host=moving.host)
            book = client.get_public_product_book(PRODUCT, limit=5).to_dict()["pricebook"]
            first.append((book["bids"], book["asks"]))

            def moved():
                now = client.get_public_product_book(PRODUCT, limit=5).to_dict()["pricebook"]
                return (now["bids"], now["asks"]) != (book["bids"], book["asks"])

            eventually(moved, "another book")
    true(all(bids and asks for bids, asks in first), "an empty book")
    equal(len({bids[0]["price"][:3] for bids, _ in first}), 1, "how the prices begin")

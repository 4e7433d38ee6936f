"""What schemathesis cannot know by itself: who may ask, about which accounts of the demo program, and which refusals no
schema can foresee."""

import itertools
import os
import time
import uuid
import zlib

import requests
import schemathesis
from schemathesis.generation.meta import REQUEST_SHAPE_PROBES, CoveragePhaseData, CoverageScenario

URL = os.environ["PARTNER_QUOTA_URL"]
# How many there are of what an operation uses up.
SUPPLY = 6
# The contact of one of the demo's customers, who is its first member.
CUSTOMER = "partners@kopi-rasa.example"
# Beyond every clock.
FUTURE = "2099-01-01T00:00:00Z"
COLUMNS = (
    "console_account_id,legal_name,country,registration_number,website,contact_name,contact_email,contact_phone,locale"
)
# Fields whose digits are the currency's.
AMOUNTS = ("amount", "capacity", "decrease", "delta", "expected_cost", "increase", "list_amount", "set")
# How many of them, where it is not the two of the demo's dollars: a new program's currency may have none.
DIGITS = {"createProgram": 0, "charge": 12, "settle": 12}
# What can be wrong with a field that is as its schema says.
RULES_BEYOND_SCHEMAS = {
    "above_parent": "a discount, compared with the parent's",
    "before_start": "the end of a period, compared with its beginning",
    "cost_is_zero": "an amount so small that the price of it rounds to nothing",
    "in_the_past": "the end of a hold, compared with the clock",
    "not_a_child": "an account of another parent",
    "not_a_number": "a registration number without a letter or digit of any script",
    "not_a_website": "characters that a web address has to escape",
    "of_a_payout": "a backfill beside an amount below zero",
    "repeated": "elements that are not the same and yet mean the same",
    "unchanged": "a new value that is the present one",
    "unknown_value": "the role of a verifier, outside a provider",
}


class Caller:
    """Somebody with a token, which a local stack gives to anybody."""

    def __init__(self, **claims):
        answer = requests.post(f"{URL}/_local/tokens", json=claims, timeout=30)
        answer.raise_for_status()
        self.token = answer.json()["token"]

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body):
        return self.ask("POST", path, body)

    def ask(self, method, path, body=None):
        headers = {"authorization": f"Bearer {self.token}", "idempotency-key": str(uuid.uuid4())}
        answer = requests.request(method, f"{URL}/v1/{path}", json=body, headers=headers, timeout=30)
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()


class Stage:
    """One line of the demo program, from the provider to a customer, with something for every operation to act on."""

    def __init__(self):
        self.operator = Caller(sub="olga", email="olga@operator.example", memberships="platform:operator")
        membership = Caller(email=CUSTOMER).get("me")["memberships"][0]
        self.program = membership["program_id"]
        self.line = [membership["account_id"]]
        while parent := self.operator.get(f"accounts/{self.line[0]}")["parent_id"]:
            self.line.insert(0, parent)
        self.provider, self.distributor, self.reseller, self.customer = self.line
        roles = [f"{account}:{role}" for account in self.line for role in ("admin", "finance", "sales")]
        self.partner = Caller(sub="paul", email="paul@portal.example", memberships=" ".join(roles))
        # Nobody decides an application that they submitted.
        self.verifier = Caller(sub="vera", email="vera@portal.example", memberships=f"{self.provider}:verifier")
        self.numbers = itertools.count()
        self.run = uuid.uuid4().hex[:8]
        self.fund()
        self.onboard()
        self.order()
        self.alert()

    def fund(self):
        """Hands down so much that most generated amounts can be had."""
        self.operator.post(f"accounts/{self.provider}/capacity", {"delta": "900000000000000"})
        for account, amount in zip(self.line[1:], ("800000000000000", "700000000000000", "300000000000000")):
            self.partner.post(f"accounts/{account}/allocations", {"amount": amount})

    def onboard(self):
        # Customers are approved at once, distributors by the verifier.
        self.closable = self.customers(SUPPLY)
        self.suspendable = self.customers(2)
        self.metered, *self.funded = self.customers(4)
        for account in [self.metered, *self.funded]:
            self.partner.post(f"accounts/{account}/allocations", {"amount": "50000000000000"})
        self.in_review = [self.apply(self.provider)["id"] for _ in range(SUPPLY)]
        self.withdrawable = [self.apply(self.provider)["id"] for _ in range(SUPPLY)]
        self.questioned = [self.apply(self.provider)["id"] for _ in range(SUPPLY)]
        for application in self.questioned:
            question = {"decision": "request_info", "reason": "Which one?"}
            self.verifier.post(f"accounts/{self.provider}/applications/{application}/decisions", question)
        self.members = [f"member-{number}@portal.example" for number in range(SUPPLY)]
        for email in self.members:
            self.partner.ask("PUT", f"accounts/{self.customer}/members", {"email": email, "roles": ["viewer"]})

    def customers(self, count):
        return [self.apply(self.reseller)["account_id"] for _ in range(count)]

    def apply(self, parent):
        number = next(self.numbers)
        name = f"stage-{self.run}-{number}"
        company = {
            "console_account_id": f"{int(self.run, 16) % 10**9:09}{number:02}1",
            "legal_name": name,
            "country": "KR",
            "registration_number": name,
            "website": f"https://{name}.example",
            "contact": {"name": "Kim", "email": f"kim@{name}.example", "phone": "+82 2 1234"},
            "locale": "ko",
        }
        return self.partner.post(f"accounts/{parent}/applications", company)

    def order(self):
        account = f"accounts/{self.customer}"
        goods = {"list_amount": "10000000000000", "product": "Virtual machine"}
        hold = goods | {"expires_at": FUTURE}
        payment = {"amount": "10", "method": "wire", "paid_at": "2026-01-01T00:00:00Z"}
        self.purchases = self.made(f"{account}/purchases", [goods] * SUPPLY, "purchase_id")
        self.captured = self.made(f"{account}/holds", [hold] * SUPPLY, "hold_id")
        self.released = self.made(f"{account}/holds", [hold] * SUPPLY, "hold_id")
        references = [payment | {"payment_reference": f"{self.run}-{number}"} for number in range(SUPPLY)]
        self.settlements = self.made(f"{account}/settlements", references, "settlement_id")

    def made(self, path, bodies, name):
        return [self.partner.post(path, body)[name] for body in bodies]

    def alert(self):
        """Overdraws a customer, and waits until its reseller has heard of that."""
        day = "2026-01-01T00:00:00Z"
        usage = {"list_amount": "90000000000000", "source_id": self.run, "service": "Compute"}
        period = {"period_start": day, "period_end": day}
        self.partner.post(f"accounts/{self.metered}/charges", usage | period)
        deadline = time.monotonic() + 60
        self.notifications = []
        while not self.notifications and time.monotonic() < deadline:
            inbox = self.partner.get(f"accounts/{self.reseller}/notifications?unread=true")
            self.notifications = [notification["id"] for notification in inbox["items"]]
            time.sleep(0.1)

    def caller(self, operation):
        if operation in ("createProgram", "getProgram", "setCapacity"):
            return self.operator
        return self.verifier if operation == "decideApplication" else self.partner

    def values(self, operation):
        """What an operation's parameters can be; where nothing is said, any account of the line is asked about."""
        provider, customer = {"id": [self.provider]}, {"id": [self.customer]}
        funded = {"id": self.funded}
        return {
            "getProgram": {"program_id": [self.program]},
            "listProgramApplications": {"program_id": [self.program]},
            "checkRegistration": {"id": self.line[:3]},
            "apply": {"id": self.line[1:3]},
            "importApplications": {"id": [self.reseller]},
            "getApplication": provider | {"application_id": self.in_review},
            "decideApplication": provider | {"application_id": self.in_review},
            "amendApplication": provider | {"application_id": self.questioned},
            "withdrawApplication": provider | {"application_id": self.withdrawable},
            "amendAccount": funded,
            "suspendAccount": {"id": self.suspendable},
            "reinstateAccount": {"id": self.suspendable},
            "closeAccount": {"id": self.closable},
            "removeMember": customer | {"email": self.members},
            "setCapacity": provider,
            "allocate": funded,
            "adjust": funded,
            "rebalance": {"id": [self.reseller]},
            "purchase": customer,
            "getPurchase": customer | {"purchase_id": self.purchases},
            "refund": customer | {"purchase_id": self.purchases},
            "placeHold": customer,
            "getHold": customer | {"hold_id": self.captured + self.released},
            "captureHold": customer | {"hold_id": self.captured},
            "releaseHold": customer | {"hold_id": self.released},
            "charge": {"id": [self.metered]},
            "settle": customer,
            "reverseSettlement": customer | {"settlement_id": self.settlements},
            "markRead": {"id": [self.reseller], "notification_id": self.notifications},
        }.get(operation, {"id": self.line})


stage = None


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Sets the stage, and narrows parameters to what is on it: every other id is data that has to be refused."""
    global stage
    stage = Stage()
    shared = raw_schema["components"]["parameters"]
    for operation in itertools.chain.from_iterable(path.values() for path in raw_schema["paths"].values()):
        values = stage.values(operation["operationId"])
        parameters = [shared[p["$ref"].split("/")[-1]] if "$ref" in p else p for p in operation.get("parameters", [])]
        operation["parameters"] = [narrowed(parameter, values.get(parameter["name"])) for parameter in parameters]


def narrowed(parameter, values):
    if not values:
        return parameter
    return parameter | {"schema": {"type": "string", "enum": values}, "example": values[0]}


@schemathesis.auth(refresh_interval=None, retry_on=[])
class Token:
    """Every operation is asked for by somebody who may."""

    def get(self, case, context):
        return stage.caller(operation_id(case)).token

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


def operation_id(case):
    return case.operation.definition.raw["operationId"]


def is_well_formed(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_add_examples(context, examples):
    examples[:] = [map_case(context, case) for case in examples]


@schemathesis.hook
def map_case(context, case):
    """Gives well-formed requests what their schemas cannot say, so that most of them get as far as the ledger."""
    if is_well_formed(case):
        add_key(case)
        forget_the_unknowable(case.query, "cursor")
        forget_the_unknowable(case.headers, "If-Match")
        if isinstance(case.body, (dict, str)):
            amend = AMENDED.get(operation_id(case), lambda body: body)
            case.body = amend(with_plain_numbers(case.body, DIGITS.get(operation_id(case), 2)))
    return case


def add_key(case):
    """A posting needs a key unless it is a preview; what is generated for one is often too short to be new."""
    if any(parameter.name == "Idempotency-Key" for parameter in case.operation.headers):
        key = case.headers.get("Idempotency-Key", "")
        case.headers["Idempotency-Key"] = key if len(key) > 8 else f"{key}{uuid.uuid4()}"


def forget_the_unknowable(values, name):
    """Cursors and sequence numbers come from answers; a guessed one is refused, as one in eight may show."""
    if values and name in values and zlib.crc32(str(values[name]).encode()) % 8:
        del values[name]


def with_plain_numbers(value, digits, name=None):
    """To a schema 1.0 is a whole number, to the API only 1 is; and amounts have at most the currency's digits."""
    if isinstance(value, dict):
        return {name: with_plain_numbers(part, digits, name) for name, part in value.items()}
    if isinstance(value, list):
        return [with_plain_numbers(part, digits) for part in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and name in AMOUNTS:
        whole, point, fraction = value.partition(".")
        return whole + point + fraction[:digits] if digits else whole
    return value


def paid_once(payment):
    return payment | {"payment_reference": f"{payment['payment_reference'][:100]}{uuid.uuid4()}"}


def between_children(rebalance):
    lines = zip(rebalance["lines"], stage.funded)
    return rebalance | {"lines": [line | {"account_id": account} for line, account in lines]}


def table(text):
    """A table with what was generated for a name in it."""
    number = next(stage.numbers)
    name = str(text).replace('"', '""')
    row = f'77{number:09},"{name}",KR,{stage.run}-{number},https://table.example,Kim,kim@table.example,+82 2 1234,ko'
    return f"{COLUMNS}\n{row}\n"


# Bodies of these operations are made to fit what is on the stage.
AMENDED = {
    "importApplications": table,
    "placeHold": lambda hold: hold | {"expires_at": FUTURE},
    "rebalance": between_children,
    "settle": paid_once,
}


@schemathesis.check
def well_formed_requests_are_refused_for_a_reason(ctx, response, case):
    """Refusals of what is as its schema says are about state, or name a rule that no schema can express."""
    if is_request_shape(case) or not is_well_formed(case) or response.status_code < 400:
        return
    refusal = response.json()
    code, errors = refusal.get("code"), refusal.get("errors", [])
    if code == "validation_failed":
        unforeseen = [error for error in errors if error["code"] not in RULES_BEYOND_SCHEMAS]
        assert not unforeseen, f"a schema could have said this: {unforeseen}"
    elif response.status_code in (400, 422):
        assert code in ("invalid_cursor", "idempotency_key_reused"), f"a schema could have said this: {refusal}"


def scenario(case):
    phase = case.meta.phase.data if case.meta else None
    return phase.scenario if isinstance(phase, CoveragePhaseData) else None


def is_request_shape(case):
    """Whether a case is about the method or media type, whatever else it holds."""
    return scenario(case) in REQUEST_SHAPE_PROBES


@schemathesis.check
def methods_without_a_route_are_unknown(ctx, response, case):
    """What matches no route is refused by API Gateway itself, in its own form; `import` may be taken for an id."""
    if scenario(case) == CoverageScenario.UNSPECIFIED_HTTP_METHOD:
        refusal = response.json()
        is_unknown = refusal == {"message": "Not Found"} or refusal.get("code") == "not_found"
        assert response.status_code == 404 and is_unknown, f"answered {response.status_code} {refusal}"


@schemathesis.check
class EveryOperationSucceeds:
    """A run that only ever sees refusals and previews says little."""

    def __init__(self):
        self.asked = set()
        self.succeeded = set()

    def after_response(self, ctx, response, case):
        self.asked.add(case.operation.label)
        # Where there are two of them, the first is a preview's.
        if str(response.status_code) == max(code for code in case.operation.responses.status_codes if code < "300"):
            self.succeeded.add(case.operation.label)

    def after_run(self, ctx):
        never = sorted(self.asked - self.succeeded)
        assert not never, f"never succeeded: {', '.join(never)}"

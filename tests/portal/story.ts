// A program from its creation to a settled purchase, as a portal plays it: with a client whose types are generated from
// the API's description, and without a cast around them. What does not compile here is a hole in the description.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api.js";

type Portal = Client<paths>;
type Schemas = components["schemas"];

const url = process.env["PARTNER_QUOTA_URL"] ?? "http://127.0.0.1:8080";

/** How long what trails the ledger may take. */
const PATIENCE_MS = 30_000;

/** Signs in by e-mail, as members do, or with claims of one's own. */
async function signIn(claims: { email: string; sub?: string; memberships?: string }): Promise<Portal> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/_local/tokens`, { method: "POST", headers, body: JSON.stringify(claims) });
  const granted: unknown = await answer.json();
  assert.ok(granted instanceof Object && "token" in granted, "no token");
  return createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${granted.token}` } });
}

/** The body of an answer that has to be a success. */
function done<Data>(answer: { data?: Data; error?: unknown; response: Response }): Data {
  assert.ok(answer.data !== undefined, `${answer.response.status} ${JSON.stringify(answer.error)}`);
  return answer.data;
}

/** Every posting has a key of its own. */
function newKey(): { "Idempotency-Key": string } {
  return { "Idempotency-Key": randomUUID() };
}

function company(consoleAccountId: string, name: string, country: Schemas["Country"]): Schemas["CompanyData"] {
  const domain = `${name.toLowerCase().replace(" ", "-")}.example`;
  return {
    console_account_id: consoleAccountId,
    legal_name: name,
    country,
    registration_number: `R-${consoleAccountId}`,
    website: `https://${domain}`,
    contact: { name: "Kim", email: `kim@${domain}`, phone: "+82 2 1234" },
    locale: "ko",
  };
}

/** Applies for a company that every check admits at once. */
async function onboard(parent: Portal, parentId: string, data: Schemas["CompanyData"]): Promise<string> {
  const params = { path: { id: parentId }, header: newKey() };
  const application = done(await parent.POST("/v1/accounts/{id}/applications", { params, body: data }));
  assert.equal(application.status, "approved");
  assert.ok(application.account_id !== null);
  return application.account_id;
}

async function allocate(parent: Portal, id: string, amount: string): Promise<void> {
  const params = { path: { id }, header: newKey() };
  const posting = done(await parent.POST("/v1/accounts/{id}/allocations", { params, body: { amount } }));
  assert.equal(posting.kind, "allocation");
  assert.equal(posting.amount, amount);
}

async function position(viewer: Portal, id: string): Promise<Schemas["Position"]> {
  return done(await viewer.GET("/v1/accounts/{id}/position", { params: { path: { id } } }));
}

test("a portal plays a program through", async (story) => {
  const run = randomUUID().slice(0, 8);
  const paulaEmail = `paula-${run}@nimbus.example`;
  const operator = await signIn({ sub: "olga", email: "olga@operator.example", memberships: "platform:operator" });

  const program = done(
    await operator.POST("/v1/programs", {
      params: { header: newKey() },
      body: {
        name: "Nimbus Partners",
        currency: "USD",
        capacity: "1000000.00",
        discounts: { distributor: "0.20", reseller: "0.10", customer: "0.05" },
        verification: { distributor: "manual", reseller: "automatic", customer: "automatic" },
        admin: paulaEmail,
      },
    }),
  );
  const provider = program.root_account_id;
  const paula = await signIn({ email: paulaEmail });
  const distributorData = company("1000000001", `Hanbit ${run}`, "KR");
  const resellerData = company("1000000002", `Seoul ${run}`, "KR");
  const customerData = company("1000000003", `Mirae ${run}`, "VN");
  let distributor = "";

  await story.test("the provider's admin finds the capacity", async () => {
    const me = done(await paula.GET("/v1/me"));
    const [membership, ...others] = me.memberships;
    assert.ok(membership !== undefined && others.length === 0);
    assert.deepEqual(membership.roles, ["admin"]);
    assert.equal(membership.account_id, provider);
    assert.equal((await position(paula, provider)).available, "1000000.00");
  });

  await story.test("a distributor is checked, applies and is approved by the verifier", async () => {
    const path = { id: provider };
    const check = done(
      await paula.POST("/v1/accounts/{id}/registration-checks", {
        params: { path },
        body: { console_account_id: distributorData.console_account_id },
      }),
    );
    assert.equal(check.result, "available");
    const applying = { params: { path, header: newKey() }, body: distributorData };
    const application = done(await paula.POST("/v1/accounts/{id}/applications", applying));
    assert.equal(application.status, "in_review");

    const victorEmail = `victor-${run}@nimbus.example`;
    done(
      await paula.PUT("/v1/accounts/{id}/members", {
        params: { path },
        body: { email: victorEmail, roles: ["verifier"] },
      }),
    );
    const victor = await signIn({ email: victorEmail });
    const queue = done(
      await victor.GET("/v1/programs/{program_id}/applications", {
        params: { path: { program_id: program.id }, query: { status: "in_review" } },
      }),
    );
    assert.deepEqual(queue.items.map((waiting) => waiting.id), [application.id]);
    const decided = done(
      await victor.POST("/v1/accounts/{id}/applications/{application_id}/decisions", {
        params: { path: { id: provider, application_id: application.id } },
        body: { decision: "approve" },
      }),
    );
    assert.ok(decided.account_id !== null);
    distributor = decided.account_id;
  });

  // Whoever was named as a company's contact is its first admin.
  const dana = await signIn({ email: distributorData.contact.email });
  const reseller = await onboard(dana, distributor, resellerData);
  const rita = await signIn({ email: resellerData.contact.email });
  const customer = await onboard(rita, reseller, customerData);
  const carl = await signIn({ email: customerData.contact.email });

  await story.test("quota goes down, and no further than there is", async () => {
    await allocate(paula, distributor, "50000.00");
    await allocate(dana, reseller, "5000.00");
    await allocate(rita, customer, "1000.00");
    const { error, response } = await rita.POST("/v1/accounts/{id}/allocations", {
      params: { path: { id: customer }, header: newKey() },
      body: { amount: "9999.00" },
    });
    assert.equal(response.status, 409);
    assert.ok(error !== undefined && "code" in error && error.code === "insufficient_quota");
    assert.deepEqual([error.available, error.requested, error.shortfall], ["4000.00", "9999.00", "5999.00"]);
  });

  let purchaseId = "";

  await story.test("a purchase is previewed, made once and replayed", async () => {
    const path = { id: customer };
    const wanted = { list_amount: "100.00", product: "Virtual machine" };
    const preview = done(
      await carl.POST("/v1/accounts/{id}/purchases", { params: { path, query: { preview: true } }, body: wanted }),
    );
    assert.deepEqual([preview.posting_id, preview.purchase_id], [null, null]);
    assert.equal(preview.amount, "95.00");

    const order = { params: { path, header: newKey() }, body: { ...wanted, expected_cost: preview.amount } };
    const first = await carl.POST("/v1/accounts/{id}/purchases", order);
    const again = await carl.POST("/v1/accounts/{id}/purchases", order);
    const purchase = done(first);
    assert.ok(purchase.purchase_id !== null);
    assert.equal(purchase.effects[0]?.after.available, "905.00");
    assert.equal(again.response.headers.get("idempotent-replayed"), "true");
    assert.deepEqual(done(again), purchase);
    purchaseId = purchase.purchase_id;

    const other = { ...order, body: { ...order.body, list_amount: "200.00" } };
    const { error } = await carl.POST("/v1/accounts/{id}/purchases", other);
    assert.ok(error !== undefined && "code" in error && error.code === "idempotency_key_reused");
  });

  await story.test("everybody sees the prices at and below their own tier", async () => {
    const params = { path: { id: customer, purchase_id: purchaseId } };
    const costs = async (viewer: Portal): Promise<string[]> => {
      const purchase = done(await viewer.GET("/v1/accounts/{id}/purchases/{purchase_id}", { params }));
      return purchase.waterfall.map((line) => `${line.tier} ${line.cost}`);
    };
    const lines = ["customer 95.00", "reseller 90.00", "distributor 80.00"];
    assert.deepEqual(await costs(carl), lines.slice(0, 1));
    assert.deepEqual(await costs(rita), lines.slice(0, 2));
    assert.deepEqual(await costs(dana), lines);
    assert.deepEqual(await costs(paula), lines);
  });

  await story.test("a payment makes the quota available again", async () => {
    const settlement = done(
      await rita.POST("/v1/accounts/{id}/settlements", {
        params: { path: { id: customer }, header: newKey() },
        body: { amount: "95.00", payment_reference: "WIRE-1", method: "wire", paid_at: new Date().toISOString() },
      }),
    );
    assert.equal(settlement.backfilled, "95.00");
    const { available, used } = await position(carl, customer);
    assert.deepEqual({ available, used }, { available: "1000.00", used: "0.00" });
  });

  await story.test("the statement is read page by page", async () => {
    const kinds: Schemas["Kind"][] = [];
    let cursor: string | null = null;
    do {
      const query: { limit: number; cursor?: string } = cursor === null ? { limit: 2 } : { limit: 2, cursor };
      const page: Schemas["EntryPage"] | string = done(
        await carl.GET("/v1/accounts/{id}/entries", { params: { path: { id: customer }, query } }),
      );
      assert.ok(typeof page !== "string", "a table was not asked for");
      kinds.push(...page.items.map((entry) => entry.kind));
      cursor = page.next_cursor;
    } while (cursor !== null);
    assert.deepEqual(kinds, ["settlement", "purchase", "allocation"]);
    const params = { path: { id: customer } };
    const verification = done(await carl.GET("/v1/accounts/{id}/verification", { params }));
    assert.deepEqual(verification, { consistent: true, entries: 3, next_cursor: null });
  });

  await story.test("the reseller's first screen follows", async () => {
    const params = { path: { id: reseller } };
    const deadline = Date.now() + PATIENCE_MS;
    let overview = done(await rita.GET("/v1/accounts/{id}/overview", { params }));
    while (overview.totals.paid !== "95.00" && Date.now() < deadline) {
      await setTimeout(50);
      overview = done(await rita.GET("/v1/accounts/{id}/overview", { params }));
    }
    assert.equal(overview.totals.paid, "95.00");
    assert.deepEqual(overview.children, { active: 1, suspended: 0, closed: 0 });
    assert.deepEqual(overview.nearest.map((child) => child.id), [customer]);
    // 95.00 collected, 90.00 owed upstream.
    assert.equal(overview.margin, "5.00");
  });

  await story.test("without a token the gateway answers by itself", async () => {
    const { error, response } = await createClient<paths>({ baseUrl: url }).GET("/v1/me");
    assert.equal(response.status, 401);
    assert.ok(error !== undefined && "message" in error);
    assert.equal(error.message, "Unauthorized");
  });
});

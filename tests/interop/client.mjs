// A client of the gateway that shares nothing with the SDK: Microsoft's own @microsoft/signalr.
//
//     node client.mjs PART WAY READY
//
// PART is a function of `parts` below, WAY is "direct" or "negotiated", READY is the gateway's ready
// line. What it hears goes to standard output, one JSON object a line; test_signalr_js.py judges it.
// A line on standard input tells a part that waits for one to go on.

import { once } from "node:events";
import { HttpTransportType, HubConnectionBuilder, LogLevel } from "@microsoft/signalr";

const [part, way, readyLine] = process.argv.slice(2);
const ready = JSON.parse(readyLine);

const say = (at, more = {}) => process.stdout.write(JSON.stringify({ at, ...more }) + "\n");

// Waits for a line on standard input, and takes no more.
async function told() {
  await once(process.stdin, "data");
  process.stdin.destroy();
}

async function post(path, body, token) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(ready.api_url + path, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return answer.ok ? answer.json() : { status: answer.status };
}

async function login() {
  const answer = await post("/Auth/loginKey", {
    userName: ready.username,
    apiKey: ready.api_key,
  });
  return answer.token;
}

// "direct" is the vendor's sample: no negotiation, the token in the query and from the factory.
// "negotiated" is the client's default, with the token from the factory alone.
async function connection(url, { delays = [0, 100, 100, 100], token = login } = {}) {
  const builder = new HubConnectionBuilder()
    .configureLogging(LogLevel.None)
    .withAutomaticReconnect(delays);
  if (way === "direct") {
    return builder
      .withUrl(`${url}?access_token=${await token()}`, {
        skipNegotiation: true,
        transport: HttpTransportType.WebSockets,
        accessTokenFactory: token,
        timeout: 10_000,
      })
      .build();
  }
  return builder.withUrl(url, { accessTokenFactory: token }).build();
}

// The contract that the gateway has a market for, found as any client finds it.
async function contractId() {
  const token = await login();
  const found = await post("/Contract/search", { searchText: "MNQ", live: false }, token);
  return found.contracts[0].id;
}

const streams = ["ContractQuotes", "ContractTrades", "ContractMarketDepth"];
const marketEvents = ["GatewayQuote", "GatewayTrade", "GatewayDepth"];

async function refusal(hub, ...call) {
  try {
    await hub.invoke(...call);
    return null;
  } catch (error) {
    return error.message;
  }
}

// Calls hear(name, ...arguments) for each event of `names`, in the order of their arrival.
function listen(hub, names, hear) {
  for (const name of names) hub.on(name, (...given) => hear(name, ...given));
}

// Resolves when the listener that it returns has been called until `enough(events)` is true.
function collector(enough) {
  const events = [];
  let done;
  const all = new Promise((resolve) => (done = resolve));
  const hear = (...event) => {
    events.push(event);
    if (enough(events)) done();
  };
  return { events, all, hear };
}

const parts = {
  // All three streams of the market hub until each has said something several times.
  async market() {
    const hub = await connection(ready.market_hub_url);
    const heard = {};
    const { events, all, hear } = collector((list) => {
      const [name] = list.at(-1);
      heard[name] = (heard[name] ?? 0) + 1;
      return marketEvents.every((event) => heard[event] >= 5);
    });
    listen(hub, marketEvents, hear);
    await hub.start();
    const id = await contractId();
    const results = [];
    for (const stream of streams) results.push(await hub.invoke(`Subscribe${stream}`, id));
    await all;
    for (const stream of streams) results.push(await hub.invoke(`Unsubscribe${stream}`, id));
    const before = events.length;
    const refused = [
      await refusal(hub, "SubscribeContractTrades"),
      await refusal(hub, "SubscribeContractTrades", 5),
      await refusal(hub, "SubscribeContractTrades", "CON.F.US.NONE.U26"),
      await refusal(hub, "SubscribeToEverything", id),
    ];
    say("heard", { id, results, refused, events, after: events.length - before });
    await hub.stop();
  },

  // Every method of the user hub, the answers to wrong calls, and to a token that is not one.
  async user() {
    const hub = await connection(ready.user_hub_url);
    await hub.start();
    const token = await login();
    const accounts = await post("/Account/search", { onlyActiveAccounts: true }, token);
    const account = accounts.accounts[0].id;
    const results = [];
    for (const verb of ["Subscribe", "Unsubscribe"]) {
      results.push(await hub.invoke(`${verb}Accounts`));
      for (const what of ["Orders", "Positions", "Trades"]) {
        results.push(await hub.invoke(`${verb}${what}`, account));
      }
    }
    await hub.send("SubscribeAccounts");
    const refused = [
      await refusal(hub, "SubscribeAccounts", account),
      await refusal(hub, "SubscribeOrders"),
      await refusal(hub, "SubscribeOrders", "all"),
      await refusal(hub, "SubscribeOrders", 1),
      await refusal(hub, "PlaceOrder", account),
    ];
    say("heard", { results, refused, state: hub.state });
    await hub.stop();
    const stranger = await connection(ready.user_hub_url, { token: async () => "a.b.c" });
    const outcome = await stranger.start().then(
      () => "let in",
      (error) => error.message,
    );
    say("stranger", { outcome });
  },

  // An order over REST, and all that the user hub says of it until its position is closed again.
  async orders() {
    const hub = await connection(ready.user_hub_url);
    const { events, all, hear } = collector((list) => {
      const [name, { data }] = list.at(-1);
      const flat = list.findIndex(([kind, told]) => kind === "GatewayUserPosition" && !told.data.size);
      return flat >= 0 && name === "GatewayUserAccount" && list.length - 1 > flat && data.balance > 0;
    });
    const kinds = ["Account", "Order", "Position", "Trade"].map((kind) => `GatewayUser${kind}`);
    listen(hub, kinds, hear);
    await hub.start();
    const token = await login();
    const accounts = await post("/Account/search", { onlyActiveAccounts: true }, token);
    const accountId = accounts.accounts[0].id;
    await hub.invoke("SubscribeAccounts");
    for (const what of ["Orders", "Positions", "Trades"]) {
      await hub.invoke(`Subscribe${what}`, accountId);
    }
    const contract = { accountId, contractId: await contractId() };
    const order = { ...contract, type: 2, side: 0, size: 1, customTag: "interop", limitPrice: null };
    const placed = await post("/Order/place", order, token);
    const again = await post("/Order/place", order, token);
    const text = await post("/Order/place", { ...order, type: "Market" }, token);
    const held = new Promise((resolve) => {
      const look = setInterval(() => {
        if (!events.some(([name, told]) => name === kinds[2] && told.data.size === 1)) return;
        clearInterval(look);
        resolve();
      }, 5);
    });
    await held;
    const closed = await post("/Position/closeContract", contract, token);
    await all;
    say("heard", { placed, again, text, closed, events });
    await hub.stop();
  },

  // A socket that is dropped comes back by itself; subscriptions are made again.
  async dropped() {
    let logins = 0;
    const token = () => {
      logins += 1;
      return login();
    };
    const hub = await connection(ready.market_hub_url, { token });
    const id = await contractId();
    let heard;
    hub.on("GatewayTrade", (...event) => heard(event));
    const next = () => new Promise((resolve) => (heard = resolve));
    hub.onreconnecting((error) => say("reconnecting", { error: error?.message }));
    hub.onclose((error) => say("closed", { error: error?.message }));
    const back = new Promise((resolve) => hub.onreconnected(resolve));
    let event = next();
    await hub.start();
    await hub.invoke("SubscribeContractTrades", id);
    await event;
    say("streaming", { logins });
    await back;
    event = next();
    await hub.invoke("SubscribeContractTrades", id);
    say("streaming", { logins, event: await event });
    await hub.stop();
  },

  // Server-sent events of the connection itself: a log-out, and a close that forbids to come back.
  async ended() {
    const hub = await connection(ready.market_hub_url);
    hub.on("GatewayLogout", (...given) => say("logout", { given }));
    hub.onreconnecting((error) => say("reconnecting", { error: error?.message }));
    const over = new Promise((resolve) => hub.onclose(resolve));
    await hub.start();
    say("connected");
    const error = await over;
    say("closed", { error: error?.message, state: hub.state });
  },

  // A depth snapshot in one message, then a burst over all three streams.
  async burst() {
    const hub = await connection(ready.market_hub_url);
    const id = await contractId();
    // Each event is a print of one contract more, a level and a quote.
    const { events, all, hear } = collector(
      (list) => list.at(-3)?.[0] === "GatewayTrade" && list.at(-3)[2][0].volume === 2000,
    );
    listen(hub, marketEvents, hear);
    await hub.start();
    for (const stream of streams) await hub.invoke(`Subscribe${stream}`, id);
    say("subscribed");
    await all;
    const big = events.findIndex(([name]) => name === "GatewayDepth");
    const [snapshot] = events.splice(big, 1);
    const rows = snapshot[2].map((row) => [row.type, row.price, row.volume]);
    say("heard", { rows, size: JSON.stringify(snapshot).length, events });
    await hub.stop();
  },

  // Nothing happens on the user hub; the connection is there until told to end.
  async quiet() {
    const hub = await connection(ready.user_hub_url);
    hub.onreconnecting((error) => say("reconnecting", { error: error?.message }));
    await hub.start();
    await hub.invoke("SubscribeAccounts");
    say("subscribed");
    await told();
    say("still", { state: hub.state, result: await hub.invoke("SubscribeAccounts") });
    await hub.stop();
  },
};

try {
  await parts[part]();
} catch (error) {
  say("failed", { error: `${error.stack ?? error}` });
}

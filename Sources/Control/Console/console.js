"use strict";
const $ = (id) => document.getElementById(id);
let token = sessionStorage.getItem("token");
let status = null, report = null, remains = null, since = Date.now(), retry = 500, listsDue = false, busy = false;
const curve = [];

const text = (value) => value === null || value === undefined ? "–" : String(value);
const clock = (at) => at ? String(at).slice(11, 19) : "–";
const number = (value) => value === null || value === undefined ? NaN : Number(value);
function element(tag, content, attributes) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  if (content !== undefined) made.textContent = content;
  return made;
}
function money(node, value) {
  node.textContent = Number.isNaN(number(value)) ? "–" : number(value).toFixed(2);
  node.title = text(value);
  node.className = number(value) < 0 ? "bad" : number(value) > 0 ? "good" : "";
}
function rows(id, lines, empty) {
  const body = $(id).tBodies[0];
  const made = lines.map((cells) => {
    const row = element("tr");
    for (const cell of cells) row.append(element("td", text(cell)));
    return row;
  });
  if (!made.length) {
    const row = element("tr");
    row.append(element("td", empty, { colspan: $(id).tHead.rows[0].cells.length }));
    made.push(row);
  }
  body.replaceChildren(...made);
}

// The API.

async function call(method, path, body) {
  const headers = {};
  if (token) headers.Authorization = "Bearer " + token;
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
  const value = await answer.json().catch(() => ({}));
  if (answer.status === 401) askForToken(value);
  if (!answer.ok) throw Object.assign(new Error([value.what, value.do].filter(Boolean).join(" – ") || answer.statusText), { code: answer.status });
  return value;
}
function askForToken(failure) {
  $("entrance").hidden = false;
  $("entrance-error").textContent = token ? text(failure.what || "this token is not taken") : "";
  token = null;
  sessionStorage.removeItem("token");
  $("token").focus();
}
$("entrance").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value.trim();
  sessionStorage.setItem("token", token);
  $("token").value = "";
  $("entrance").hidden = true;
  retry = 500;
  listen();
});

async function refreshLists() {
  if (busy) { listsDue = true; return; }
  busy = true;
  try {
    const [orders, fills, decisions, stops] = await Promise.all([
      call("GET", "/v1/orders?limit=500"), call("GET", "/v1/fills?limit=50"),
      call("GET", "/v1/decisions?limit=200"), call("GET", "/v1/stops")]);
    rows("orders", orders.orders.map((o) => [o.client_order_id, o.symbol, o.side, o.price, o.quantity, o.filled_quantity, o.state, o.strategy, clock(o.created_at)]), "none");
    rows("fills", fills.fills.map((f) => [clock(f.at), f.symbol, f.side, f.price, f.quantity, f.fee]), "none yet");
    showDecisions(decisions.decisions);
    showPast(stops.stops);
  } catch (problem) { /* The connection's own line says so. */ }
  busy = false;
  if (listsDue) { listsDue = false; setTimeout(refreshLists, 500); }
}
// A journal row has the records of one turn; each is one key.
const one = (value) => value && value._0 !== undefined && Object.keys(value).length === 1 ? value._0 : value;
const SAYS = {
  intent: (o) => `${o.strategy || "?"} wants ${o.terms.symbol} ${o.terms.side} ${o.terms.quantity}${o.terms.type.limit ? " @ " + o.terms.type.limit.price : ""}: ${o.id}`,
  discovered: (o) => `found at the exchange: ${o.id}`,
  changed: (c) => `${c.id} is ${c.state}${c.reason ? ": " + c.reason : ""}`,
  cancelRequested: (c) => `cancel asked for ${one(c._0 || []).length === 1 ? c._0[0] : (c._0 || []).length + " orders"}`,
  fill: (f) => { const fill = f._1 || f; return `filled ${fill.symbol} ${fill.side} ${fill.quantity} @ ${fill.price}`; },
  refused: (r) => `refused by the risk gate: ${r.strategy || ""} ${r.reason || ""} ${r.detail || ""}`,
  alert: (a) => `ALERT ${a.name || a.event || ""}: ${a.message || a.text || ""}`,
  halted: (h) => `halted: ${h.detail}`,
  strategyHalted: (h) => `halted strategy ${h.strategy}: ${h.detail}`,
  resumed: () => "resumed",
  operatorSaid: (n) => `operator: ${Object.keys(n.word || {})[0] || n.word} (${n.by})`,
  stopBegan: (s) => `stop: ${s.reason}`,
  recovered: () => "recovery is complete",
  lifeBegan: (l) => `a life begins, epoch ${l.epoch}`,
  sent: (s) => `sent ${s._0 || ""}`,
};
function showDecisions(rows) {
  const lines = [];
  for (const row of rows) {
    for (const record of [...(row.payload && row.payload.records || [])].reverse()) {
      const [name] = Object.keys(record), say = SAYS[name];
      if (!say) continue;
      const line = element("li");
      let words;
      try { words = say(one(record[name])); } catch (problem) { words = name; }
      line.append(element("time", clock(row.utc), { datetime: row.utc }), " " + words);
      if (/^(ALERT|halted|refused)/.test(words)) line.className = "warn";
      lines.push(line);
    }
  }
  $("decisions").replaceChildren(...lines);
}
function showPast(stops) {
  if ($("past").contains(document.activeElement) || $("past").querySelector("details[open]")) return;
  $("past").replaceChildren(...stops.map((stop) => {
    const item = element("li"), details = element("details");
    const summary = element("summary", `${text(stop.stopped_at).slice(0, 19).replace("T", " ")} ${text(stop.reason)}: ${text(stop.verdict)} (exit ${text(stop.exit_code)})`);
    summary.className = stop.exit_code === 0 ? "good" : "bad";
    details.append(summary);
    details.addEventListener("toggle", async () => {
      if (!details.open || details.querySelector("pre")) return;
      try { details.append(element("pre", JSON.stringify(await call("GET", "/v1/stops/" + encodeURIComponent(stop.name)), null, 1), { tabindex: 0 })); }
      catch (problem) { details.append(element("p", problem.message, { class: "bad" })); }
    });
    item.append(details);
    return item;
  }));
  if (!stops.length) $("past").replaceChildren(element("li", "none yet"));
}

// What is shown.

function show(now) {
  status = now;
  document.title = `${now.bot} · ${now.lifecycle}`;
  $("bot").textContent = now.bot;
  $("mode").hidden = false;
  $("mode").textContent = now.mode;
  $("mode").className = "badge " + (now.mode === "live" ? "bad" : "");
  const halted = now.halts.length > 0, stands = now.standing && now.standing.kind;
  $("lifecycle").textContent = halted ? "halted" : stands && now.lifecycle !== "stopping" ? stands : now.lifecycle;
  $("lifecycle").className = "badge " + (halted ? "bad" : stands || now.lifecycle !== "trading" ? "warn" : "good");
  $("actions").hidden = false;
  for (const button of $("actions").children) button.disabled = Boolean(now.stop) && button.dataset.word !== "halt";
  const why = [...now.gate_closed_by];
  if (now.standing && now.standing.kind !== "stopped") why.push(`${now.standing.kind} by ${now.standing.by}; resume to trade`);
  $("closed").hidden = !why.length;
  $("closed").querySelector("ul").replaceChildren(...why.map((reason) => element("li", reason)));
  money($("day"), now.day_result);
  money($("total"), now.result);
  $("working").textContent = now.working_orders;
  $("unknown").textContent = now.unknown_placements ? `${now.unknown_placements} without an answer` : "";
  $("unknown").className = "warn";
  const at = Date.parse(now.at);
  rows("markets", now.markets.map((m) => [m.symbol, m.bid, m.ask, m.quote_at ? ((at - Date.parse(m.quote_at)) / 1000).toFixed(1) + " s" : "none", m.position, m.average_cost, m.working_orders, m.result]), "none");
  rows("strategies", now.strategies.map((s) => [s.name || "(none)", s.reason ? `${s.state}: ${s.reason}` : s.state, s.working_orders, s.positions_value, s.limits.budget ? `${text(s.budget_used)} of ${s.limits.budget}` : "no limit", s.day_result, s.realised, s.unrealised, s.fees, s.fills_today, s.last_refusal ? `${s.last_refusal.rule} ${s.last_refusal.symbol} ${clock(s.last_refusal.at)}` : ""]), "none");
  const health = [];
  for (const feed of now.feeds) health.push([feed.feed + " feed", feed.is_up ? "up" : "lost", feed.is_up ? "good" : "bad"]);
  health.push(["venue clock", now.clock.trouble || (now.clock.offset_ms === undefined || now.clock.offset_ms === null ? "not asked" : `${now.clock.offset_ms} ms ± ${text(now.clock.uncertainty_ms)} ms`), now.clock.trouble ? "bad" : ""]);
  health.push(["epoch", now.epoch, ""], ["running since", text(now.started_at).slice(0, 19).replace("T", " ") + " UTC", ""], ["cycles", now.cycles, ""]);
  $("health").replaceChildren(...health.flatMap(([name, value, kind]) => [element("dt", name), element("dd", value, { class: kind })]));
  $("limits").replaceChildren(...now.limits.map((limit) => {
    const name = limit.name.replaceAll("_", " ") + (limit.symbol ? " " + limit.symbol : ""), item = element("li");
    item.append(element("div", `${name}: ${limit.used === undefined || limit.used === null ? "" : limit.used + " of "}${limit.limit}`));
    if (number(limit.limit) > 0 && !Number.isNaN(number(limit.used)))
      item.append(element("meter", undefined, { min: 0, max: limit.limit, value: limit.used, high: number(limit.limit) * .8, "aria-label": name }));
    return item;
  }));
  sample(at, number(now.result));
  if (now.stop) showStop(now);
}
function sample(at, value) {
  if (Number.isNaN(value) || curve.length && at - curve.at(-1)[0] < 1000) return;
  curve.push([at, value]);
  if (curve.length > 4000) curve.splice(0, curve.length, ...curve.filter((_, index) => index % 2 === 0));
  draw();
}
function draw() {
  if (curve.length < 2) return;
  const values = curve.map((point) => point[1]), low = Math.min(...values, 0), high = Math.max(...values, 0);
  const first = curve[0][0], span = Math.max(1, curve.at(-1)[0] - first), height = Math.max(high - low, 1e-9);
  const y = (value) => (114 - (value - low) / height * 108).toFixed(2);
  const space = "http://www.w3.org/2000/svg";
  const zero = document.createElementNS(space, "line"), line = document.createElementNS(space, "polyline");
  for (const [name, value] of Object.entries({ x1: 0, x2: 600, y1: y(0), y2: y(0) })) zero.setAttribute(name, value);
  line.setAttribute("points", curve.map(([at, value]) => ((at - first) / span * 600).toFixed(2) + "," + y(value)).join(" "));
  $("curve").replaceChildren(zero, line);
  $("curve").setAttribute("aria-label", `Result from ${values[0]} to ${values.at(-1)}, between ${Math.min(...values)} and ${Math.max(...values)}`);
  $("curve-range").textContent = `${new Date(first).toISOString().slice(0, 16).replace("T", " ")} to ${new Date(curve.at(-1)[0]).toISOString().slice(11, 16)} UTC, ${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
}
const PHASES = ["gate", "settle", "cancel", "verify", "flush", "report"];
function showStop(now) {
  const stop = now.stop;
  remains = now.working_orders + now.unknown_placements;
  $("stop").hidden = false;
  $("stop-reason").textContent = stop.reason + (stop.is_expedited ? " (expedited)" : "");
  phases(stop.phases);
  $("stop-left").max = Math.max(1, stop.orders_found);
  $("stop-left").value = stop.orders_found - Math.min(now.working_orders, stop.orders_found);
  $("stop-count").textContent = `${now.working_orders} of ${stop.orders_found} left`;
  $("stop-words").textContent = `${stop.orders_canceled} canceled, ${stop.orders_ended_otherwise} ended otherwise, ${stop.cancel_errors} cancel errors, ${stop.late_fills} late fills; ${(stop.left_ms / 1000).toFixed(1)} s to the deadline`;
}
function phases(list) {
  const known = new Map(list.map((phase) => [phase.name, phase]));
  $("phases").replaceChildren(...PHASES.map((name) => {
    const phase = known.get(name), item = element("li", name);
    if (phase && phase.ended_at) {
      item.className = "done";
      item.append(element("div", `${Date.parse(phase.ended_at) - Date.parse(phase.started_at)} ms${phase.attempts > 1 ? `, ${phase.attempts} attempts` : ""}`, { class: "small" }));
    } else if (phase) {
      item.className = "now";
      item.setAttribute("aria-current", "step");
      item.append(element("div", phase.attempts > 1 ? `attempt ${phase.attempts}` : "…", { class: "small" }));
    }
    return item;
  }));
}
function showReport(now) {
  report = now;
  const clean = now.exit_code === 0, box = $("verdict");
  box.hidden = false;
  box.className = clean ? "good" : "bad";
  box.querySelector("h2").textContent = clean ? "Stopped clean" : "Stopped, not clean";
  box.querySelector("p").textContent = `${now.verdict}, exit code ${now.exit_code}: ${text(now.orders_canceled)} orders canceled, ${now.verified_empty ? "the exchange's list proved empty" : "not proved empty"}, state ${now.state_flushed ? "on disk" : "NOT on disk"}.`;
  box.querySelector("ul").replaceChildren(...now.remaining.map((order) => element("li", [order.client_order_id, order.symbol, order.side, order.quantity_left, order.status].filter(Boolean).join(" "))));
  $("lifecycle").textContent = "stopped";
  $("lifecycle").className = "badge " + (clean ? "good" : "bad");
  $("actions").hidden = true;
  phases(now.phases.map((phase) => ({ ...phase, ended_at: new Date(Date.parse(phase.started_at) + phase.duration_ms).toISOString() })));
  // The report can't tell of its own end.
  for (const item of $("phases").children) item.className = "done";
  $("stop").hidden = false;
}
function lost() {
  if (report) { connection("the daemon has left", report.exit_code === 0 ? "good" : "bad"); return; }
  const age = Math.round((Date.now() - since) / 1000);
  connection(`connection lost; what is shown is ${age} s old`, "bad");
  if (status && status.stop) {
    const box = $("verdict");
    box.hidden = false;
    box.className = "bad";
    box.querySelector("h2").textContent = "The daemon left before its report reached this page";
    box.querySelector("p").textContent = `Last seen: ${remains} orders left. Ask "trader247 last-stop" for the verdict.`;
  }
}
function connection(words, kind) { $("connection").textContent = words; $("connection").className = kind; }

// The live feed. EventSource can't send a token.

async function listen() {
  let heard = false;
  try {
    const first = await call("GET", "/v1/status");
    if (!first.core) throw new Error(first.words);
    show(first.core);
    if (curve.length < 3) {
      const past = await call("GET", "/v1/curve").catch(() => ({ points: [] }));
      curve.unshift(...past.points.map((point) => [Date.parse(point.at), Number(point.result)]).filter((point) => point[0] < curve[0][0] - 1000));
      draw();
    }
    refreshLists();
    const answer = await fetch("/v1/events", { headers: token ? { Authorization: "Bearer " + token } : {}, cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    heard = true;
    retry = 500;
    since = Date.now();
    // Of an earlier life.
    report = null;
    $("verdict").hidden = true;
    $("stop").hidden = !status.stop;
    connection("connected", "good");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      since = Date.now();
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) take(part);
    }
  } catch (problem) {
    if (problem.code === 401) { connection("a token is needed", "warn"); return; }
  }
  if (!heard && !status) connection("not reachable", "bad"); else lost();
  setTimeout(listen, retry);
  retry = Math.min(retry * 2, 10000);
}
function take(part) {
  let name = "message", data = "";
  for (const line of part.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    if (line.startsWith("data: ")) data += line.slice(6);
  }
  if (!data) return;
  const value = JSON.parse(data);
  if (name === "status" && !report) show(value);
  else if (name === "report") showReport(value);
  else later();
}
let timer = null;
function later() { if (!timer) timer = setTimeout(() => { timer = null; refreshLists(); }, 700); }

// Words.

const WORDS = {
  pause: ["Pause", "No new entries. Exits and cancels go on; what rests stays.", "/v1/pause", {}],
  reduce: ["Reduce only", "No new entries, and resting entries are canceled. What only closes positions goes on.", "/v1/pause", { reduce_only: true }],
  resume: ["Resume", "Trading goes on.", "/v1/resume", {}],
  sweep: ["Sweep", "Every working order of this bot is canceled and the account proved empty; then trading goes on.", "/v1/sweep", {}],
  flatten: ["Flatten", "Positions are closed with reduce-only orders, then the bot is paused. This trades at market prices.", "/v1/flatten", {}],
  stop: ["Stop", "Every order is canceled and proved gone, then the daemon leaves. After a restart it stays idle until it is resumed.", "/v1/stop", {}],
  halt: ["Halt", "The kill switch: no new orders, every order canceled and proved gone. It stays halted across restarts.", "/v1/halt", {}],
};
$("actions").addEventListener("click", (event) => {
  const word = event.target.dataset && event.target.dataset.word;
  if (!word) return;
  let [title, words, path, body] = WORDS[word];
  if (word === "resume" && status.halts.length) {
    words = `Halted: ${status.halts.map((halt) => halt.detail).join("; ")}. Have you seen why?`;
    body = { confirm: true };
  }
  $("confirm-title").textContent = `${title} ${status.bot} (${status.mode})?`;
  $("confirm-text").textContent = words;
  $("confirm-yes").textContent = title;
  $("confirm-yes").className = word === "halt" || word === "stop" ? "danger" : "";
  $("confirm").returnValue = "no";
  $("confirm").onclose = async () => {
    if ($("confirm").returnValue !== "yes") return;
    try {
      const answer = await call("POST", path, body);
      $("answer").textContent = answer.done || "done";
    } catch (problem) { $("answer").textContent = problem.message; }
    setTimeout(() => { $("answer").textContent = ""; }, 8000);
  };
  $("confirm").showModal();
});
setInterval(() => { if (status && $("connection").textContent.startsWith("connection lost")) lost(); }, 1000);
listen();

// Drives Chromium over HTML reports; see scripts/check-html.sh.
"use strict";
const fs = require("fs");
const path = require("path");
const { spawnSync } = require("child_process");
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [root, vsscope, out] = process.argv.slice(2);
const MOST_MS = 3000;
const MOST_BYTES = 15e6;
const PAYLOADS = [
  `<script>alert(1)</script><img src=x onerror=alert(1)>`,
  `</script></template></title><!-- ]]> --><svg onload=alert(1)>`,
  `" onmouseover="alert(1)" x='`,
  `</style><iframe srcdoc="<script>parent.alert(1)</script>">`,
  `javascript:alert(1)//\u202eevil\u0007\u001b[31m`,
  `&lt;b&gt;&#0;<a href="javascript:alert(1)">x</a>`,
];

let checks = 0;
const wrong = [];
const check = (holds, words) => {
  checks += 1;
  if (!holds) { wrong.push(words); console.error("WRONG  " + words); }
};
const equal = (got, want, words) => check(got === want, `${words}: ${JSON.stringify(got)}, not ${JSON.stringify(want)}`);

/** Runs the program; gives the path of the page and the JSON. */
function report(name, inputs, options = []) {
  const html = path.join(out, name + ".html"), json = path.join(out, name + ".json");
  const run = spawnSync(vsscope, ["analyze", ...inputs, "-o", html, "-o", json, "--quiet", ...options], { encoding: "utf8" });
  if (![0, 1, 3].includes(run.status)) throw new Error(`${name}: exit ${run.status}\n${run.stderr}`);
  return { name, html, json: JSON.parse(fs.readFileSync(json, "utf8")) };
}

/** A log in which everything that a log can name is hostile. */
function hostile(payload, at) {
  const file = path.join(out, `hostile-${at}.ndjson`);
  const lines = fs.readFileSync(path.join(root, "fixtures/samples/writer-failed-at-freeze.events.ndjson"), "utf8").trim().split("\n");
  const changed = lines.map((line) => {
    const event = JSON.parse(line);
    event.host = payload;
    if (event.process && event.process.image) event.process.image = "C:\\" + payload;
    if (event.writer && event.writer.name) event.writer.name = payload;
    if (event.volume) event.volume = payload;
    return JSON.stringify(event);
  });
  fs.writeFileSync(file, changed.join("\n") + "\n");
  return file;
}

/** Opens a page and watches it. */
async function open(browser, shown, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light", ...options });
  const page = await context.newPage();
  const seen = { console: [], requests: [], dialogs: [] };
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) seen.console.push(message.text()); });
  page.on("pageerror", (error) => seen.console.push(String(error)));
  page.on("request", (request) => { if (!/^(data|blob):/.test(request.url())) seen.requests.push(request.url()); });
  page.on("dialog", (dialog) => { seen.dialogs.push(dialog.message()); dialog.dismiss(); });
  const started = Date.now();
  await page.goto("file://" + shown.html, { waitUntil: "load" });
  if (options.javaScriptEnabled !== false) await page.waitForFunction(() => document.documentElement.dataset.ready === "1");
  // Until the first picture is there.
  if (options.javaScriptEnabled !== false) await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0))));
  const ms = Date.now() - started;
  const quiet = () => {
    equal(seen.console.join("\n"), "", `${shown.name}: console`);
    equal(seen.requests.filter((url) => url !== "file://" + shown.html && !url.startsWith("file://" + shown.html + "#")).join("\n"), "", `${shown.name}: requests`);
    equal(seen.dialogs.length, 0, `${shown.name}: dialogs`);
  };
  return { page, context, quiet, ms };
}

/** What holds of every report. */
async function common(page, shown) {
  const { summary, findings, sets } = shown.json;
  const counted = await page.evaluate(() => ({
    rows: document.querySelectorAll("#t-sets tbody tr").length,
    sets: document.querySelectorAll("details.set").length + document.querySelectorAll("#t-sets tr[data-pack]").length,
    findings: document.querySelectorAll("details.finding").length,
    severities: ["error", "warning", "info"].map((word) => [...document.querySelectorAll("ol.explanations details.finding > summary .badge")].filter((badge) => badge.textContent.trim().endsWith(word)).length),
    lang: document.documentElement.lang, h1: document.querySelectorAll("h1").length, main: document.querySelectorAll("main").length,
    ids: [...document.querySelectorAll("[id]")].length - new Set([...document.querySelectorAll("[id]")].map((part) => part.id)).size,
    lost: ((rows) => [...document.querySelectorAll("a[href^='#']")].filter((link) => !document.getElementById(decodeURIComponent(link.getAttribute("href").slice(1))) && !rows.has(link.getAttribute("href"))).length)(new Set([...document.querySelectorAll("#t-sets tr[data-pack] a")].map((link) => link.getAttribute("href")))),
  }));
  equal(counted.rows, summary.sets, `${shown.name}: rows of sets`);
  equal(counted.sets, sets.length, `${shown.name}: sets`);
  equal(counted.findings, findings.length, `${shown.name}: findings`);
  equal(counted.severities.join(), [summary.findings.error, summary.findings.warning, summary.findings.info].join(), `${shown.name}: findings by severity`);
  equal([counted.lang, counted.h1, counted.main].join(), "en,1,1", `${shown.name}: language and landmarks`);
  equal(counted.ids, 0, `${shown.name}: ids that are there twice`);
  equal(counted.lost, 0, `${shown.name}: links that lead nowhere`);
}

async function accessible(page, name) {
  // The page's policy forbids foreign scripts; the debugger may run them all the same.
  await page.evaluate(axe);
  const result = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  check(result.passes.length > 10, `${name}: axe looked at nothing`);
  const told = result.violations.map((rule) => `${rule.id}: ${rule.nodes.slice(0, 3).map((node) => node.target.join(" ") + " " + (node.any[0] ? node.any[0].message : "")).join("; ")}`);
  equal(told.join("\n"), "", `${name}: accessibility`);
}

const picture = (page, name, options = {}) => page.screenshot({ path: path.join(out, name + ".png"), ...options });

async function used(browser, shown) {
  const { page, context, quiet } = await open(browser, shown);
  await common(page, shown);
  await picture(page, shown.name + "-light", { fullPage: true });
  // A finding opens its body, its link the set.
  const finding = page.locator("details.finding").first();
  check(await finding.evaluate((part) => part.open), `${shown.name}: the first finding is open`);
  check((await finding.locator(".proof li").count()) > 0, `${shown.name}: it has proofs`);
  await finding.locator(":scope > summary").click();
  check(!(await finding.evaluate((part) => part.open)), `${shown.name}: a click closes the finding`);
  await finding.locator(":scope > summary").focus();
  await page.keyboard.press("Enter");
  check(await finding.evaluate((part) => part.open), `${shown.name}: Enter opens it`);
  await page.locator("#t-sets tbody a").first().click();
  const set = page.locator("details.set[open]").first();
  check((await set.count()) === 1, `${shown.name}: a link opens its set`);
  check((await set.locator(".plot .bar").count()) > 5, `${shown.name}: bars in the timeline`);
  const steps = shown.json.sets[0].phases.length + shown.json.sets[0].writers.filter((writer) => writer.participation === "involved").reduce((sum, writer) => sum + writer.phases.length, 0);
  equal(await page.locator("#set-" + (await set.getAttribute("id")).slice(4).replace(/([^\w-])/g, "\\$1") + " table").first().locator("tbody tr").count(), steps, `${shown.name}: steps in the table`);
  // Zoom by button, key and wheel.
  const axis = () => set.locator(".axis").textContent();
  const width = () => set.locator(".plot .bar rect").first().getAttribute("width");
  const whole = [await axis(), await width()].join("|");
  await set.locator("[data-zoom=in]").click();
  const nearer = [await axis(), await width()].join("|");
  check(nearer !== whole, `${shown.name}: the button zooms`);
  await set.locator(".draw").focus();
  await page.keyboard.press("0");
  equal([await axis(), await width()].join("|"), whole, `${shown.name}: 0 resets`);
  await page.keyboard.press("+");
  await page.keyboard.press("ArrowRight");
  check([await axis(), await width()].join("|") !== nearer, `${shown.name}: keys zoom and move`);
  await page.keyboard.press("0");
  await page.keyboard.press("ArrowDown");
  const said = await set.locator(".status").textContent();
  check(said.trim().length > 5, `${shown.name}: a step says what it is: ${said}`);
  await set.locator(".plot").hover({ position: { x: 200, y: 60 } });
  await page.mouse.wheel(0, -300);
  check([await axis(), await width()].join("|") !== whole, `${shown.name}: the wheel zooms`);
  await page.keyboard.press("0");
  // Theme.
  const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await colour();
  await accessible(page, shown.name + ", light");
  await page.locator("#theme").click();
  check((await colour()) !== light, `${shown.name}: the theme changes`);
  await accessible(page, shown.name + ", dark");
  await picture(page, shown.name + "-dark", { fullPage: true });
  await page.pdf({ path: path.join(out, shown.name + ".pdf"), format: "A4" });
  check(fs.statSync(path.join(out, shown.name + ".pdf")).size > 10000, `${shown.name}: the print`);
  quiet();
  await context.close();
  const narrow = await open(browser, shown, { viewport: { width: 400, height: 800 } });
  await narrow.page.evaluate(() => { const set = document.querySelector("details.set"); if (set) set.open = true; });
  await narrow.page.waitForTimeout(100);
  const over = await narrow.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(over <= 0, `${shown.name}: ${over} px too wide for a narrow page`);
  await picture(narrow.page, shown.name + "-narrow", { fullPage: true });
  narrow.quiet();
  await narrow.context.close();
  // Without the script everything of a small report is there.
  const still = await open(browser, shown, { javaScriptEnabled: false });
  check((await still.page.locator("details.set .plot").count()) > 0, `${shown.name}: timelines without a script`);
  await still.context.close();
}

async function many(browser, shown) {
  const bytes = fs.statSync(shown.html).size;
  equal(shown.json.sets.length, 5000, "many: the log has 5,000 sets");
  check(bytes < MOST_BYTES, `many: ${bytes} bytes`);
  let { page, context, quiet, ms } = await open(browser, shown);
  // A machine that is busy with something else is slow once, a page that is slow is so every time.
  for (let again = 0; again < 2 && ms >= MOST_MS; again += 1) {
    await context.close();
    ({ page, context, quiet, ms } = await open(browser, shown));
  }
  check(ms < MOST_MS, `many: loaded in ${ms} ms`);
  console.log(`5,000 sets: ${(bytes / 1e6).toFixed(2)} MB, loaded in ${ms} ms`);
  await common(page, shown);
  await picture(page, "many-light");
  await page.locator("#h-sets").scrollIntoViewIfNeeded();
  await picture(page, "many-sets");
  // A packed body is put in place.
  const packed = await page.evaluate(() => document.querySelector("#t-sets tr[data-pack] a").getAttribute("href").slice(1));
  await page.evaluate((id) => { location.hash = id; }, packed);
  await page.waitForSelector(`[id="${packed}"][open] .plot .bar`);
  const set = shown.json.sets.find((set) => "set-" + set.id === packed);
  const steps = set.phases.length + set.writers.filter((writer) => writer.participation === "involved").reduce((sum, writer) => sum + writer.phases.length, 0);
  equal(await page.locator(`[id="${packed}"] table`).first().locator("tbody tr").count(), steps, "many: steps of a packed set");
  await picture(page, "many-set");
  // All packed bodies can be unpacked, and each is that of its set.
  const all = await page.evaluate(async () => {
    const packs = [];
    for (const pack of document.querySelectorAll("script.pack")) {
      const bytes = Uint8Array.from(atob(pack.textContent), (c) => c.charCodeAt(0));
      packs.push(JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text()));
    }
    const waiting = [...document.querySelectorAll("#t-sets tr[data-pack]")];
    return { waiting: waiting.length, right: waiting.filter((row) => packs[row.dataset.pack][row.dataset.at].includes(row.cells[1].firstChild.getAttribute("href").slice(5))).length };
  });
  check(all.waiting > 4000, `many: only ${all.waiting} sets are packed`);
  equal(all.right, all.waiting, "many: packed bodies that belong to their sets");
  // Filter and sort.
  const failed = shown.json.sets.filter((set) => set.outcome === "failed").length;
  await page.locator("#f-outcome").selectOption("failed");
  equal(await page.locator("#f-count").textContent(), `${failed} of 5000 sets`, "many: filter by outcome");
  equal(await page.evaluate(() => [...document.querySelectorAll("#t-sets tbody tr")].filter((row) => !row.hidden).length), failed, "many: rows that are left");
  await page.locator("#f-text").fill("SRV03");
  await page.waitForFunction((most) => parseInt(document.getElementById("f-count").textContent) < most, failed);
  const both = shown.json.sets.filter((set) => set.outcome === "failed" && set.host === "SRV03").length;
  equal(await page.locator("#f-count").textContent(), `${both} of 5000 sets`, "many: filter by text");
  await page.locator("#f-text").fill("");
  await page.locator("#f-outcome").selectOption("");
  const head = page.locator("#t-sets thead button", { hasText: "frozen" });
  await head.focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  const frozen = await page.evaluate(() => { const at = [...document.querySelectorAll("#t-sets thead th")].findIndex((head) => head.textContent === "frozen"); return [...document.querySelectorAll("#t-sets tbody tr")].map((row) => Number(row.cells[at].dataset.n || 0)); });
  check(frozen[0] > 0 && frozen.every((ms, at) => at === 0 || frozen[at - 1] >= ms), "many: sorted by freeze");
  quiet();
  await context.close();
}

async function attacked(browser, shown, payload) {
  const { page, context, quiet } = await open(browser, shown);
  await common(page, shown);
  await page.evaluate(() => { for (const details of document.querySelectorAll("details")) details.open = true; });
  await page.waitForTimeout(50);
  for (const bar of await page.locator(".plot .bar").all()) await bar.hover({ force: true, timeout: 500 }).catch(() => {});
  const bad = await page.evaluate(() => ({
    parts: [...document.querySelectorAll("img,iframe,object,embed,form,base,link:not([rel=icon]),script:not(.pack)")].length,
    handlers: [...document.querySelectorAll("*")].flatMap((part) => [...part.attributes]).filter((attribute) => /^on|srcdoc|javascript:/i.test(attribute.name + "=" + (attribute.name === "href" ? attribute.value : ""))).length,
    text: document.body.textContent.replace(/\s+/g, " "),
  }));
  equal(bad.parts, 1, `${shown.name}: elements beside the page's one script`);
  equal(bad.handlers, 0, `${shown.name}: handlers`);
  const clean = payload.replace(/\u202e/g, "\\u{202e}").replace(/\u0007/g, "\\x07").replace(/\u001b/g, "\\x1b");
  check(bad.text.includes(clean.trim()), `${shown.name}: the text is there as text`);
  quiet();
  await context.close();
}

(async () => {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  try {
    const samples = path.join(root, "fixtures/samples");
    await used(browser, report("failed", [path.join(samples, "writer-failed-at-freeze.events.ndjson")], ["--tz", "Europe/Berlin"]));
    await used(browser, report("samples", [samples]));
    const real = path.join(root, "../shared/samples/json/cmd_dumping_ntds_dit_file_ntdsutil.zip");
    if (fs.existsSync(real)) {
      const shown = report("ntdsutil", [real]);
      const { page, context, quiet } = await open(browser, shown);
      await common(page, shown);
      await page.locator("details.set > summary").first().focus();
      await picture(page, "ntdsutil-light", { fullPage: true });
      await accessible(page, "ntdsutil");
      quiet();
      await context.close();
    } else console.log("no ../shared/samples: the real log is left out");
    for (const [at, payload] of PAYLOADS.entries()) await attacked(browser, report("hostile-" + at, [hostile(payload, at)]), payload);
    await many(browser, report("many", [path.join(out, "many.ndjson")]));
  } finally {
    await browser.close();
  }
  // Fewer checks than these mean that something was not looked at.
  if (checks < 150) wrong.push(`only ${checks} checks were made`);
  console.log(`${checks} checks, ${wrong.length} wrong`);
  process.exit(wrong.length ? 1 : 0);
})().catch((error) => { console.error(error); process.exit(1); });

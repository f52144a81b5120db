#include "service/server/dashboard_page.h"

namespace sluice::service {
namespace {

constexpr const char* kPage = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sluice dashboard</title>
<meta name="viewport" content="width=device-width">
<style>
body{font:14px/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1d2330}
header{background:#1d2330;color:#fff;padding:.7em 1.4em;display:flex;gap:1.5em;align-items:baseline}
header b{font-size:1.15em}main{padding:1.2em;display:grid;gap:1.2em;max-width:75em;margin:auto}
section{background:#fff;border:1px solid #dfe2e8;border-radius:6px;padding:.8em 1.2em;overflow-x:auto}
h2{font-size:1.05em;margin:.2em 0 .6em}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3em .8em .3em 0;border-top:1px solid #eceef2;white-space:nowrap}
th{border:0;color:#667}pre{white-space:pre-wrap;margin:0}.n{color:#667}
.RUNNING{color:#0a7a3d}.FAILED,.RESTARTING{color:#b3261e}.FINISHED,.CANCELED{color:#556}
</style></head><body>
<header><b>Sluice</b><span id="version"></span><span id="note" class="n"></span></header>
<main><section><h2>Overview</h2><div id="overview"></div></section>
<section><h2>Jobs</h2><div id="jobs"></div></section>
<section><h2>Operators</h2><div id="vertices"></div></section>
<section><h2>Checkpoints</h2><div id="checkpoints"></div></section>
<section><h2>Exceptions</h2><div id="exceptions"></div></section></main>
<script>
"use strict";
const get = path => fetch(path, {credentials: "same-origin"}).then(async answer => {
  if (answer.ok) return answer.json();
  const text = await answer.text();
  throw new Error(answer.status + " " + text.slice(0, 300));
});
const time = ms => ms > 0 ? new Date(ms).toLocaleString() : "-";
const size = bytes => bytes > 1048576 ? (bytes / 1048576).toFixed(1) + " MB" : bytes > 1024 ? (bytes / 1024).toFixed(1) + " kB" : bytes + " B";
const span = ms => ms < 1000 ? ms + " ms" : ms < 60000 ? (ms / 1000).toFixed(1) + " s" : Math.floor(ms / 60000) + " min";
function table(id, head, rows) {
  const place = document.getElementById(id);
  place.textContent = "";
  if (!rows.length) { place.textContent = "None."; place.className = "n"; return; }
  place.className = "";
  const made = document.createElement("table"), first = made.insertRow();
  for (const name of head) first.appendChild(Object.assign(document.createElement("th"), {textContent: name}));
  for (const row of rows) {
    const line = made.insertRow();
    for (const cell of row) {
      const place = line.insertCell();
      place.textContent = cell;
      if (/^[A-Z]+$/.test(cell)) place.className = cell;
    }
  }
  place.appendChild(made);
}
async function refresh() {
  const note = document.getElementById("note");
  try {
    const overview = await get("overview");
    document.getElementById("version").textContent = overview["flink-version"] ? "Version " + overview["flink-version"] : "";
    table("overview", ["Running", "Finished", "Cancelled", "Failed", "Task slots", "Free"], [[overview["jobs-running"], overview["jobs-finished"],
      overview["jobs-cancelled"], overview["jobs-failed"], overview["slots-total"], overview["slots-available"]].map(v => v ?? "-")]);
    const jobs = (await get("jobs/overview")).jobs;
    table("jobs", ["Name", "Status", "Started", "Duration", "Id"], jobs.map(job => [job.name ?? "", job.state, time(job["start-time"]), span(job.duration ?? 0), job.jid]));
    const vertices = [], checkpoints = [], exceptions = [];
    for (const job of jobs) {
      const detail = await get("jobs/" + job.jid);
      for (const v of detail.vertices ?? []) {
        const m = v.metrics ?? {};
        vertices.push([v.name ?? "", v.status, v.parallelism ?? "", m["read-records"] ?? "", m["write-records"] ?? "", size(m["read-bytes"] ?? 0), size(m["write-bytes"] ?? 0)]);
      }
      const history = await get("jobs/" + job.jid + "/checkpoints").then(c => c.history ?? [], () => []);
      for (const c of history.slice(0, 10)) checkpoints.push([c.id, c.status, c.is_savepoint ? "savepoint" : "checkpoint", time(c.trigger_timestamp), span(c.end_to_end_duration ?? 0), size(c.state_size ?? 0)]);
      const failures = await get("jobs/" + job.jid + "/exceptions").then(e => e.exceptionHistory?.entries ?? [], () => []);
      for (const e of failures) exceptions.push([time(e.timestamp), (e.stacktrace ?? "").split("\n")[0]]);
    }
    table("vertices", ["Name", "Status", "Parallelism", "Records in", "Records out", "Bytes in", "Bytes out"], vertices);
    table("checkpoints", ["Id", "Status", "Kind", "Triggered", "Duration", "State"], checkpoints);
    table("exceptions", ["Time", "Exception"], exceptions);
    note.textContent = "";
  } catch (problem) { note.textContent = problem.message; }
  setTimeout(refresh, 3000);
}
history.replaceState(null, "", location.pathname);
refresh();
</script></body></html>
)html";

}  // namespace

net::HttpResponse DashboardPage() {
  net::HttpResponse response;
  response.headers.Set("Content-Type", "text/html; charset=UTF-8");
  response.headers.Set("Content-Security-Policy",
                       "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'");
  response.body = kPage;
  return response;
}

}  // namespace sluice::service

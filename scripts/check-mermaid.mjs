// Reads diagrams with Mermaid and compares what it sees with the lines of the file. Started by check-mermaid.sh.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const cache = process.env.MERMAID_CACHE;
const { JSDOM } = createRequire(join(cache, 'package.json'))('jsdom');
const dom = new JSDOM('<!doctype html><body></body>');
globalThis.window = dom.window;
globalThis.document = dom.window.document;
const { default: mermaid } = await import(
  pathToFileURL(join(cache, 'node_modules/mermaid/dist/mermaid.core.mjs'))
);

/** What stands in the file: lines without comments. */
function written(text) {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line && !line.startsWith('%%'));
  const number = (test) => lines.filter((line) => test.test(line)).length;
  if (lines[0] === 'gantt') {
    return { tasks: number(/ :(crit, )?(milestone, )?\d{4}-/), sections: number(/^section /), bad: 0 };
  }
  const actors = number(/^participant /);
  return { actors, messages: lines.length - 1 - actors };
}

/** What Mermaid sees. */
function seen(db) {
  if (db.getTasks) {
    const tasks = db.getTasks();
    const bad = tasks.filter((task) => !(task.startTime <= task.endTime));
    return { tasks: tasks.length, sections: db.getSections().length, bad: bad.length };
  }
  return { actors: db.getActorKeys().length, messages: db.getMessages().length };
}

let failed = 0;
for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, 'utf8');
  try {
    await mermaid.parse(text);
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    const [want, got] = [written(text), seen(db)].map((counts) => JSON.stringify(counts));
    if (want !== got) throw new Error(`the file has ${want}, Mermaid sees ${got}`);
  } catch (error) {
    failed += 1;
    console.error(`${file}: ${error.message}`);
  }
}
console.log(`${process.argv.length - 2} diagrams read by Mermaid, ${failed} not as they were meant`);
process.exit(process.argv.length === 2 || failed ? 1 : 0);

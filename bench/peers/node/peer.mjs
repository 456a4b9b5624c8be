// bpmn-engine: the state is loaded from PostgreSQL, resumed, one task signalled, and saved again, in one transaction.
// Arguments and output as java/Steps.java has them. The tables are those of bench/bare.py: an instance, and its tasks
// with what was answered. Timers are the library's own; an instance is stopped after each step, as it is saved.
import { readFileSync } from 'node:fs';
import { Engine } from 'bpmn-engine';
import pg from 'pg';

const version = JSON.parse(readFileSync(new URL('node_modules/bpmn-engine/package.json', import.meta.url))).version;
const [address, diagram, warmUp, rounds] = process.argv.slice(2);
const source = readFileSync(diagram, 'utf8');
const services = { nothing: (_scope, done) => done() };
const STEPS = [
  ['accept', { decision: 'accept' }],
  ['dispatch', { lead_unit: 'housing' }],
  ['sign_for', {}],
  ['handle', { result_text: 'done' }],
  ['review', { decision: 'rework' }],
];
const client = new pg.Client(address);
await client.connect();
await client.query(`create table instance (id serial primary key, state text);
  create table task (id serial primary key, instance integer references instance, name text, status text, answers text);
  create index task_instance on task (instance, status)`);

/** An engine that is saved by the caller is brought to rest first: no timer of its own may go on. */
async function rest(engine) {
  const state = JSON.stringify(await engine.getState());
  await engine.stop();
  return state;
}

function waiting(execution) {
  return execution.getPostponed().flatMap(flat).filter((one) => one.type === 'bpmn:UserTask');
}

function flat(one) {
  // What a subprocess waits for begins with itself.
  const within = one.owner.isSubProcess ? one.getPostponed().filter((inner) => inner.id !== one.id) : [];
  return [one, ...within.flatMap(flat)];
}

async function start(values) {
  const engine = new Engine({ source, services, variables: values });
  const execution = await engine.execute();
  const names = waiting(execution).map((one) => one.id);
  const state = await rest(engine);
  await client.query('begin');
  const { rows } = await client.query({ name: 'i', text: 'insert into instance (state) values ($1) returning id', values: [state] });
  await open(rows[0].id, names);
  await client.query('commit');
  return rows[0].id;
}

async function open(instance, names) {
  for (const name of names) {
    const text = "insert into task (instance, name, status) select $1::integer, $2::text, 'open' where not exists (select from task where instance = $1 and name = $2 and status = 'open')";
    await client.query({ name: 'o', text, values: [instance, name] });
  }
}

async function complete(instance, [name, values]) {
  await client.query('begin');
  const { rows } = await client.query({ name: 's', text: 'select state from instance where id = $1 for update', values: [instance] });
  const engine = new Engine().recover(JSON.parse(rows[0].state), { services });
  const execution = await engine.resume();
  Object.assign(execution.environment.output, values);
  execution.definitions.forEach((one) => Object.assign(one.environment.output, values));
  const task = waiting(execution).find((one) => one.id === name);
  Object.assign(task.environment.output, values);
  task.signal(values);
  const names = waiting(execution).map((one) => one.id);
  const state = await rest(engine);
  await client.query({ name: 'u', text: 'update instance set state = $2 where id = $1', values: [instance, state] });
  await client.query({ name: 'd', text: "update task set status = 'done', answers = $3 where instance = $1 and name = $2 and status = 'open'", values: [instance, name, JSON.stringify(values)] });
  await open(instance, names);
  await client.query('commit');
  return names;
}

async function round(n, times) {
  for (let i = 0; i < n; i++) {
    const instance = await start({ request_type: 'complaint', title: '积水', content: '车库积水', phone: '13800138000' });
    for (const step of STEPS) {
      const begun = performance.now();
      await complete(instance, step);
      times?.push(performance.now() - begun);
    }
  }
}

const STATEMENTS = `select coalesce(sum(calls), 0) n from pg_stat_statements
  where query !~* '^(begin|commit|rollback|set|show)' and query !~* 'pg_stat|txid_'`;
const TRANSACTIONS = 'select txid_snapshot_xmax(txid_current_snapshot()) n';

async function asked(query) {
  return Number((await client.query(query)).rows[0].n);
}

async function counted() {
  const counts = [];
  const instance = await start({ request_type: 'complaint' });
  let names = [];
  for (const step of STEPS) {
    await client.query('select pg_stat_statements_reset()');
    const before = await asked(TRANSACTIONS);
    names = await complete(instance, step);
    const statements = await asked(STATEMENTS);
    counts.push({ step: step[0], statements, commits: (await asked(TRANSACTIONS)) - before });
  }
  if (names.join() !== 'rework') throw new Error(`the steps ended at ${names.join()}, not at rework`);
  return counts;
}

await round(Number(warmUp) / 10, null);
const times = [];
await round(Number(rounds), times);
console.log(JSON.stringify({ engine: `bpmn-engine ${version}`, times_ms: times, steps: await counted() }));
await client.end();
process.exit(0);

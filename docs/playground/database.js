// PostgreSQL in a worker, so that the page stays awake while it works: PGlite with pgvector, the functions, the glosses.
import { PGlite } from './vendor/pglite/index.js'
import { vector } from './vendor/pglite-pgvector/index.js'
import { matrix, vectorArray } from './vectors.js'

const BATCH = 1000
let db

const calls = {
  async start() {
    tell('Starting PostgreSQL ...')
    const [layer, glosses, vectors] = [
      fetch('vecs.sql').then((answer) => answer.text()),
      fetch('glosses/part-0.jsonl').then((answer) => answer.text()),
      fetch('glosses/part-0.npy').then((answer) => answer.arrayBuffer()),
    ]
    db = await PGlite.create({ extensions: { vector } })
    tell('Installing the functions ...')
    await db.exec(await layer)
    await load((await glosses).trim().split('\n').map((line) => JSON.parse(line)), matrix(await vectors))
    const [{ version }] = (await db.query('SELECT version()')).rows
    return version.split(' ').slice(0, 2).join(' ')
  },

  // The rows of a statement.
  async query(sql, parameters) {
    return (await db.query(sql, parameters)).rows
  },
}

async function load(glosses, { rows, dimension }) {
  await db.query(`SELECT vecs.create_collection('glosses', $1)`, [dimension])
  const [{ oid, array }] = (
    await db.query(`SELECT oid, typarray AS array FROM pg_type WHERE oid = 'vector'::regtype`)
  ).rows
  db.serializers[array] = (value) => value // bytes go as they are
  for (let start = 0; start < rows.length; start += BATCH) {
    tell(`Loading ${start.toLocaleString('en')} of ${rows.length.toLocaleString('en')} glosses ...`)
    const some = glosses.slice(start, start + BATCH)
    await db.query(`SELECT vecs.upsert_many('glosses', $1, $2, $3)`, [
      some.map(({ id }) => id),
      vectorArray(oid, rows.slice(start, start + BATCH)),
      JSON.stringify(some.map(({ id, ...metadata }) => metadata)),
    ])
  }
  await db.exec('ANALYZE vecs.glosses')
}

function tell(status) {
  postMessage({ status })
}

onmessage = async ({ data: { number, name, parameters } }) => {
  try {
    postMessage({ number, result: await calls[name](...parameters) })
  } catch ({ code, message, detail, hint }) {
    postMessage({ number, error: { code, message, detail, hint } })
  }
}

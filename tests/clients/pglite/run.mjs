// Runs the steps of the conformance suite in PGlite, PostgreSQL in WebAssembly: run.mjs LAYER FILE, one line of JSON
// a step. LAYER is what `vecs-sql render` prints.
import { readFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'

// pgvector's binary format: int16 dimension, int16 0, float32 each, big-endian.
function binary(vector) {
  const view = new DataView(new ArrayBuffer(4 + 4 * vector.length))
  view.setInt16(0, vector.length)
  vector.forEach((number, i) => view.setFloat32(4 + 4 * i, number))
  return new Uint8Array(view.buffer)
}

function argument(value, form) {
  if (form === 'binary') return binary(value)
  if (form === 'array' || value === null || typeof value === 'string') return value
  return JSON.stringify(value)
}

// An argument's place in a call; a form that is none of ours is a type to cast to.
function place(name, form, number) {
  const named = name === '' ? `$${number}` : `${name} => $${number}`
  if (form === undefined || form === 'text' || form === 'binary') return named
  return named + (form === 'array' ? '::real[]::vector' : `::${form}`)
}

async function execute(db, { sql, call, with: named = {}, as: forms = {} }) {
  try {
    if (sql !== undefined) {
      await db.exec(sql)
      return { rows: [] }
    }
    const names = Object.keys(named)
    const places = names.map((name, i) => place(name, forms[name], i + 1))
    const { rows } = await db.query(
      `SELECT to_jsonb(r) AS row FROM vecs.${call}(${places.join(', ')}) AS r`,
      names.map((name) => argument(named[name], forms[name])),
    )
    return { rows: rows.map(({ row }) => row) }
  } catch ({ code, message, detail, hint, where }) {
    return { error: { code, message, detail, hint, context: where } }
  }
}

const [layer, file] = process.argv.slice(2)
const db = await PGlite.create({ extensions: { vector } })
await db.exec(readFileSync(layer, 'utf8'))
// Bytes for a vector go as they are, if PGlite is told so of the number that the database has for the type.
const [{ oid }] = (await db.query(`SELECT 'vector'::regtype::oid AS oid`)).rows
db.serializers[oid] = (value) => value
for (const step of JSON.parse(readFileSync(file, 'utf8'))) {
  console.log(JSON.stringify(await execute(db, step)))
}
await db.close()

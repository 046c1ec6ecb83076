// Runs the steps of the conformance suite through node-postgres: run.mjs URL FILE, one line of JSON a step.
import { readFileSync } from 'node:fs'
import pg from 'pg'

// pgvector's binary format: int16 dimension, int16 0, float32 each, big-endian. A Buffer is sent as binary.
function binary(vector) {
  const buffer = Buffer.alloc(4 + 4 * vector.length)
  buffer.writeInt16BE(vector.length)
  vector.forEach((number, i) => buffer.writeFloatBE(number, 4 + 4 * i))
  return buffer
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

async function execute(client, { sql, call, with: named = {}, as: forms = {} }) {
  try {
    if (sql !== undefined) {
      await client.query(sql)
      return { rows: [] }
    }
    const names = Object.keys(named)
    const places = names.map((name, i) => place(name, forms[name], i + 1))
    const { rows } = await client.query(
      `SELECT to_jsonb(r) AS row FROM vecs.${call}(${places.join(', ')}) AS r`,
      names.map((name) => argument(named[name], forms[name])),
    )
    return { rows: rows.map(({ row }) => row) }
  } catch ({ code, message, detail, hint, where }) {
    return { error: { code, message, detail, hint, context: where } }
  }
}

const [url, file] = process.argv.slice(2)
const client = new pg.Client({ connectionString: url })
await client.connect()
for (const step of JSON.parse(readFileSync(file, 'utf8'))) {
  console.log(JSON.stringify(await execute(client, step)))
}
await client.end()

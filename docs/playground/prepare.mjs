// Runs once, when the page is built: prepare.mjs FOLDER ROWS writes FOLDER/database.bin, a PostgreSQL data
// directory (tar, gzip) with the functions, the entries and their index, and FOLDER/examples.json, the examples with
// their vectors. Not .tar.gz: some servers send that as something that the browser unpacks.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { Tokenizer } from '@huggingface/tokenizers'
import * as ort from 'onnxruntime-web/wasm'
import { encoder } from './embedding.js'

const BATCH = 500
const [folder, file] = process.argv.slice(2)
const read = (name) => readFileSync(join(folder, name), 'utf8')

async function examples() {
  ort.env.wasm.numThreads = 1
  const model = readFileSync(join(folder, 'model', 'model.onnx'))
  const encode = await encoder(ort, Tokenizer, model, JSON.parse(read('model/tokenizer.json')))
  const found = []
  for (const example of JSON.parse(readFileSync('examples.json', 'utf8'))) {
    found.push({ ...example, vector: JSON.stringify([...(await encode(example.text))]) })
  }
  return JSON.stringify(found)
}

async function database() {
  const db = await PGlite.create({ extensions: { vector } })
  await db.exec(read('vecs.sql'))
  await db.query(`SELECT vecs.create_collection('glosses', 384)`)
  const rows = JSON.parse(readFileSync(file, 'utf8'))
  for (let start = 0; start < rows.length; start += BATCH) {
    const batch = rows.slice(start, start + BATCH)
    await db.query(`SELECT vecs.upsert_many('glosses', $1, $2, $3)`, [
      batch.map(({ id }) => id),
      `{${batch.map(({ vec }) => `"[${vec}]"`)}}`,
      JSON.stringify(batch.map(({ metadata }) => metadata)),
    ])
  }
  await db.query(`SELECT vecs.create_index('glosses')`)
  // Without the write-ahead log, which has every vector twice.
  for (const statement of ['SET wal_recycle = off', 'VACUUM ANALYZE', 'SELECT pg_switch_wal()', 'CHECKPOINT']) {
    await db.query(statement)
  }
  const dump = await db.dumpDataDir('gzip')
  await db.close()
  return Buffer.from(await dump.arrayBuffer())
}

writeFileSync(join(folder, 'examples.json'), await examples())
writeFileSync(join(folder, 'database.bin'), await database())

// PostgreSQL in a worker, so that the page stays awake while it works.
import { PGlite } from './vendor/@electric-sql/pglite/index.js'
import { vector } from './vendor/@electric-sql/pglite-pgvector/index.js'
import { download, serve } from './workers.js'

const ROWS = 10
let db

serve({
  // Start with the data directory that was made when the page was built.
  async start(sizes) {
    const [dump] = Object.values(await download(sizes))
    db = await PGlite.create({ extensions: { vector }, loadDataDir: new Blob([dump], { type: 'application/x-gzip' }) })
    const [{ version, count }] = await rows(
      `SELECT split_part(version(), ' ', 2) AS version, vecs.count_rows('glosses') AS count`,
    )
    return { version, count: Number(count) }
  },

  // The same search by vecs.query and by plain pgvector.
  async search(vector, filter) {
    const ours = `SELECT id, distance, metadata
FROM vecs.query('glosses', $1, top_k => ${ROWS}, filters => $2)`
    const begun = performance.now()
    const found = await rows(ours, [vector, filter])
    const took = performance.now() - begun
    const [{ predicate, count }] = await rows(
      `SELECT vecs.filter_sql($1::jsonb) AS predicate, vecs.count_rows('glosses', filters => $1::jsonb) AS count`,
      [filter],
    )
    const plain = `SELECT id, vec <=> $1 AS distance, metadata
FROM vecs.glosses
WHERE ${predicate}
ORDER BY vec <=> $1
LIMIT ${ROWS}`
    const [{ 'QUERY PLAN': plan }] = await rows(`EXPLAIN (ANALYZE, FORMAT JSON) ${plain}`, [vector])
    const [{ explain }] = await rows(
      `SELECT vecs.explain('glosses', $1, top_k => ${ROWS}, filters => $2)`,
      [vector, filter],
    )
    return {
      count: Number(count),
      ours: { sql: ours, rows: found, took, explain },
      plain: { sql: plain, rows: await rows(plain, [vector]), plan: plan[0].Plan },
    }
  },

  async vector(id) {
    return (await rows('SELECT vec::text FROM vecs.fetch($1, ARRAY[$2])', ['glosses', id]))[0].vec
  },
})

async function rows(sql, parameters) {
  return (await db.query(sql, parameters)).rows
}

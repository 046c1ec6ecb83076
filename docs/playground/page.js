// The page: what is typed becomes a call of vecs.query, and what comes back is shown.
import { marked } from './faults.js'

const at = (id) => document.getElementById(id)
const form = at('search')
const EXAMPLES = {
  'nouns': { pos: 'noun' },
  'verbs of motion': { pos: 'verb', lex: 38 },
  'not nouns': { pos: { $ne: 'noun' } },
  'begin with c': { text: { $startswith: 'c' } },
  'adverbs, or with "water"': { $or: [{ pos: 'adv' }, { text: { $ilike: '%water%' } }] },
  'a fault': { $and: [{ pos: 'noun' }, { lex: { $gte: 5, $gr: 10 } }] },
}

// The database is in a worker; each call gets its answer by number.

const worker = new Worker('database.js', { type: 'module' })
const waiting = new Map()

worker.onmessage = ({ data: { number, status, result, error } }) => {
  if (status) return say(status)
  const { resolve, reject } = waiting.get(number)
  waiting.delete(number)
  if (error) reject(error)
  else resolve(result)
}
worker.onerror = ({ message }) => say(`This browser cannot run it: ${message}`)

function call(name, ...parameters) {
  return new Promise((resolve, reject) => {
    const number = waiting.size ? Math.max(...waiting.keys()) + 1 : 1
    waiting.set(number, { resolve, reject })
    worker.postMessage({ number, name, parameters })
  })
}

const query = (sql, parameters = []) => call('query', sql, parameters)

function say(text) {
  at('status').textContent = text
}

// Searching

let sought = null // {id, text} of a gloss, or {vector}

const ARGUMENTS = 'top_k => $2, filters => $3, strategy => $4'

async function search() {
  at('filter-error').textContent = at('vector-error').textContent = ''
  let filter
  try {
    filter = JSON.parse(at('filter').value)
  } catch (error) {
    at('filter-error').textContent = `This is not JSON: ${error.message}`
    return
  }
  const vector = at('vector').value.trim()
  if (vector) sought = { vector }
  if (!sought) {
    at('vector-error').textContent = 'Pick a gloss, or type a vector.'
    return
  }
  const text = JSON.stringify(filter)
  const rest = [Number(at('top_k').value), text, at('strategy').value]
  try {
    const begun = performance.now()
    const [name, first] = sought.vector ? ['query', sought.vector] : ['query_by_id', sought.id]
    const rows = await query(`SELECT id, distance, metadata FROM vecs.${name}('glosses', $1, ${ARGUMENTS})`, [first, ...rest])
    const took = performance.now() - begun
    const shown = sought.vector ? `${sought.vector.slice(0, 30)} ...]` : sought.id
    show(rows, `vecs.${name}('glosses', '${shown}', top_k => ${rest[0]}, filters => '${text.replaceAll("'", "''")}', strategy => '${rest[2]}')`)
    say(`${rows.length} rows in ${took.toFixed(1)} ms`)
    await explain(first, rest)
    document.body.dataset.searches = Number(document.body.dataset.searches ?? 0) + 1
  } catch (error) {
    fail(error, filter)
  }
}

function show(rows, statement) {
  at('sought').textContent = sought.text ? `Near to: ${sought.text}` : 'Near to the vector'
  at('rows').replaceChildren(
    ...rows.map(({ distance, metadata: { text, ...metadata } }) => {
      const row = document.createElement('tr')
      for (const cell of [distance.toFixed(4), text, JSON.stringify(metadata)]) {
        row.insertCell().textContent = cell
      }
      return row
    }),
  )
  at('sql').textContent = `SELECT id, distance, metadata\nFROM ${statement};`
}

async function explain(first, rest) {
  const vector = sought.vector
    ? first
    : (await query(`SELECT vec::text FROM vecs.fetch('glosses', ARRAY[$1])`, [first]))[0].vec
  const [{ explain: told }] = await query(`SELECT vecs.explain('glosses', $1, ${ARGUMENTS})`, [vector, ...rest])
  at('why').textContent = `${told.strategy}: ${told.why}`
  at('advice').replaceChildren(
    ...told.advice.map((text) => Object.assign(document.createElement('li'), { textContent: text })),
  )
  at('plan').textContent = told.steps
    .map(({ way, milliseconds, sql, plan }) => `-- ${way}, ${milliseconds} ms\n${short(sql)}\n\n${plan.map(short).join('\n')}`)
    .join('\n\n')
}

// A vector of 384 numbers tells nobody anything.
function short(text) {
  return text.replace(/\[(-?[\d.e-]+,){8}[^\]]*\]/g, (found) => `[${found.slice(1).split(',').slice(0, 3).join(',')}, ...]`)
}

function fail({ code, message, detail, hint }, filter) {
  const told = [`${code}: ${message}`, detail, hint].filter(Boolean).join('\n')
  if (code === 'VS005') {
    const place = document.createElement('pre')
    place.append(...marked(filter, message.match(/ at "(.*)"/s)?.[1] ?? ''))
    at('filter-error').replaceChildren(told, place)
  } else {
    at('vector-error').textContent = told
  }
  say('The search was refused; what is shown is the last one.')
}

// Picking a gloss

let typed = 0

at('find').addEventListener('input', async () => {
  const mine = ++typed
  const word = at('find').value.trim()
  const pattern = `%${word.replace(/[\\%_]/g, '\\$&')}%`
  const found = word
    ? await query(`SELECT id, metadata ->> 'text' AS text FROM vecs.scan('glosses', $1, page_size => 20)`, [
        JSON.stringify({ text: { $ilike: pattern } }),
      ])
    : []
  if (mine !== typed) return // somebody typed on
  at('found').replaceChildren(
    ...found.map((gloss) => {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: gloss.text })
      button.addEventListener('click', () => {
        sought = gloss
        at('vector').value = ''
        search()
      })
      const item = document.createElement('li')
      item.append(button)
      return item
    }),
  )
})

at('examples').append(
  ...Object.entries(EXAMPLES).map(([name, filter]) => {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: name })
    button.addEventListener('click', () => {
      at('filter').value = JSON.stringify(filter, null, 2)
      search()
    })
    return button
  }),
)

form.addEventListener('submit', (event) => {
  event.preventDefault()
  search()
})

at('index').addEventListener('click', async () => {
  at('index').disabled = true
  say('Building an HNSW index; searches wait for it ...')
  const begun = performance.now()
  await query(`SELECT vecs.create_index('glosses')`)
  say(`The index is built, in ${((performance.now() - begun) / 1000).toFixed(1)} s. Search again, and see how it is done.`)
})

// The beginning: it searches by itself for one gloss, for something to be seen.

try {
  const version = await call('start')
  const [{ count_rows: count }] = await query(`SELECT vecs.count_rows('glosses')`)
  sought = (await query(`SELECT id, metadata ->> 'text' AS text FROM vecs.scan('glosses', '{"text": {"$startswith": "coffee maker"}}', page_size => 1)`))[0]
  for (const button of form.querySelectorAll('button')) button.disabled = false
  await search()
  const seconds = (performance.now() / 1000).toFixed(1)
  say(`${version} with ${Number(count).toLocaleString('en')} glosses; the first search was done ${seconds} s after the page was opened.`)
  document.body.dataset.ready = seconds
} catch (error) {
  say(`It did not start: ${error.message}`)
}

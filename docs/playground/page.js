// The page: what is typed becomes a search, and what comes back is shown in two columns.
import { marked } from './faults.js'
import { connect } from './workers.js'

const FILTERS = {
  'Everything': {},
  'Animals': { topic: 'animal' },
  'Things people make': { topic: 'artifact' },
  'Plants': { topic: 'plant' },
  'Verbs': { pos: 'verb' },
  'At most 6 letters': { letters: { $lte: 6 } },
  'Food or plants': { topic: { $in: ['food', 'plant'] } },
  'A mistake': { $and: [{ pos: 'noun' }, { letters: { $gr: 5 } }] },
}
const PAUSE = 400 // milliseconds after the last key, before a search starts by itself

const at = (id) => document.getElementById(id)
const sizes = await (await fetch('sizes.json')).json()
const { 'database.bin': databaseSize, ...modelSizes } = sizes
const megabytes = (bytes) => (bytes / 1e6).toFixed(1)
const MODEL = `${Math.round(Object.values(modelSizes).reduce((sum, size) => sum + size) / 1e6)} MB`

const database = connect('database.js', ({ done, total }) => {
  Object.assign(at('starting'), { max: total, value: done })
  say(done < total ? `Loading the database: ${megabytes(done)} of ${megabytes(total)} MB ...` : 'Starting PostgreSQL ...')
})
const vectors = new Map() // of the texts that were searched, and of the examples

function say(text) {
  at('status').textContent = text
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

// The language model

let model = null // a promise of its worker, while it loads and after

function load() {
  const worker = connect('model.js', ({ done, total }) => {
    Object.assign(at('loading').querySelector('progress'), { max: total, value: done })
    at('loaded').textContent =
      done < total ? `Language model: ${megabytes(done)} of ${megabytes(total)} MB` : 'Starting the language model ...'
  })
  at('loaded').textContent = `Language model: 0 of ${MODEL}`
  at('loading').hidden = false
  at('cancel').onclick = () => worker.stop()
  return worker
    .call('start', modelSizes)
    .then(() => {
      document.body.dataset.model = 'ready'
      at('model-note').textContent = 'The language model is loaded: use any words you like.'
      return worker
    })
    .catch((error) => {
      worker.stop()
      model = null
      throw error
    })
    .finally(() => {
      at('loading').hidden = true
    })
}

async function vectorOf(text) {
  if (!vectors.has(text)) {
    model ??= load()
    vectors.set(text, await (await model).call('embed', text))
  }
  return vectors.get(text)
}

// Searching. A search that a later one has overtaken shows nothing.

let latest = 0

async function search() {
  const mine = ++latest
  const text = at('text').value.trim()
  at('filter-error').replaceChildren()
  at('text-error').textContent = ''
  choose()
  const filter = parsed()
  if (filter === undefined) return
  if (!text) {
    at('text-error').textContent = 'Type what you are looking for, or choose one of the examples.'
    return
  }
  document.body.dataset.busy = 'yes'
  try {
    const vector = await vectorOf(text)
    if (mine !== latest) return
    const found = await database.call('search', vector, JSON.stringify(filter))
    if (mine === latest) show(text, filter, found)
  } catch (error) {
    if (mine === latest) refuse(error, filter, text)
  } finally {
    if (mine === latest) {
      delete document.body.dataset.busy
      document.body.dataset.searches = Number(document.body.dataset.searches ?? 0) + 1
    }
  }
}

function parsed() {
  try {
    return JSON.parse(at('filter').value || '{}')
  } catch (error) {
    at('filter-error').textContent = `The filter is not valid JSON yet. ${error.message}`
    at('filter').setAttribute('aria-invalid', 'true')
    stale()
  }
}

// Mark the results as those of an earlier search.
function stale() {
  document.body.dataset.stale = 'yes'
  say(at('results').hidden ? '' : 'The results below are from the previous search.')
}

function refuse({ code, message, detail, hint }, filter, text) {
  stale()
  if (code === 'VS005') {
    at('filter').setAttribute('aria-invalid', 'true')
    const place = marked(filter, message.match(/ at "(.*)"/s)?.[1] ?? '')
    at('filter-error').replaceChildren(
      element('strong', { textContent: `${message[0].toUpperCase()}${message.slice(1)}.` }),
      ...[detail, hint].filter(Boolean).map((line) => element('p', { textContent: line })),
      element('pre', {}, ...place),
    )
  } else if (!vectors.has(text)) {
    at('text-error').textContent =
      `The language model did not load. ${message} Press Search to try again, or choose one of the examples: they work without it.`
  } else {
    at('text-error').textContent = ['The search failed:', message, detail, hint].filter(Boolean).join(' ')
  }
}

// Showing

function show(text, filter, { count, ours, plain }) {
  at('results').hidden = false
  delete document.body.dataset.stale
  const everything = Object.keys(filter).length === 0
  const rows = (number) => (number === 1 ? '1 row' : `${number} rows`)
  const returned = new Set(plain.rows.map(({ id }) => id))
  const missed = ours.rows.filter(({ id }) => !returned.has(id)).length
  at('ours-count').textContent = rows(ours.rows.length)
  at('plain-count').textContent = rows(plain.rows.length)
  at('ours-because').textContent = everything
    ? `The nearest of all ${count.toLocaleString('en')} entries.`
    : count
      ? `The nearest of the ${count.toLocaleString('en')} entries that match the filter.`
      : 'No entry matches the filter.'
  at('plain-because').textContent = reason(plain, count, ours.rows.length, missed)
  at('ours').replaceChildren(...ours.rows.map((row) => entry(row, !returned.has(row.id))))
  const absent = ours.rows.length - plain.rows.length
  at('verdict').textContent =
    absent > 0
      ? `vecs.query returns ${rows(ours.rows.length)}, plain pgvector ${plain.rows.length || 'none'}.`
      : `Both return ${rows(ours.rows.length)}.`
  at('plain').replaceChildren(
    ...plain.rows.map((row) => entry(row)),
    ...(absent > 0 ? [element('li', { className: 'absent', textContent: `${rows(absent)} missing` })] : []),
  )
  at('plain').parentElement.classList.toggle('short', absent > 0)

  const literal = `'${JSON.stringify(filter).replaceAll("'", "''")}'`
  at('ours-sql').textContent = `${ours.sql.replace('$2', () => literal)};`
  at('plain-sql').textContent = `${plain.sql};`
  at('why').textContent = `Strategy ${ours.explain.strategy}: ${ours.explain.why}`
  at('advice').replaceChildren(...ours.explain.advice.map((line) => element('li', { textContent: line })))
  at('plan').textContent = ours.explain.steps
    .map((step) => `-- ${step.way}, ${step.milliseconds} ms\n${short(step.sql)}\n\n${step.plan.map(short).join('\n')}`)
    .join('\n\n')
  say(`Nearest to “${text}”, by vecs.query in ${ours.took.toFixed(0)} ms.`)
}

// Why plain pgvector returned so many rows: read from the plan of the statement that was run.
function reason({ rows, plan }, count, expected, missed) {
  const scan = [plan]
  while (scan[0].Plans) scan.unshift(scan[0].Plans[0])
  const node = scan.find(({ 'Node Type': type }) => type === 'Index Scan')
  if (!node?.['Order By']) {
    return `PostgreSQL did not use the vector index here. It compared all ${count.toLocaleString('en')} matching entries, so nothing is missing.`
  }
  const removed = node['Rows Removed by Filter'] ?? 0
  if (rows.length < expected) {
    const match = rows.length === 0 ? 'none of them matches' : rows.length === 1 ? 'only 1 matches' : `only ${rows.length} match`
    return `The vector index returned the ${rows.length + removed} entries nearest to your words; ${match} the filter. The others are in the table, but the index stopped before it reached them.`
  }
  if (missed) return `The vector index is approximate: ${missed} of the nearest entries ${missed === 1 ? 'is' : 'are'} missing here.`
  return removed
    ? `Enough matches were among the ${rows.length + removed} entries that the vector index returned first, so nothing is missing this time.`
    : 'Without a filter that removes rows, nothing is missing.'
}

function entry({ id, distance, metadata }, missed = false) {
  const more = element('button', { type: 'button', className: 'word', title: 'Search for entries like this one' }, metadata.word)
  more.onclick = async () => {
    const text = `${metadata.word}: ${metadata.meaning.split(';')[0]}`
    vectors.set(text, await database.call('vector', id))
    at('text').value = text
    search()
    scrollTo({ top: 0, behavior: 'smooth' })
  }
  return element(
    'li',
    { className: missed ? 'missed' : '' },
    element(
      'div',
      { className: 'head' },
      more,
      element('span', { className: 'tag', textContent: metadata.pos === 'verb' ? `verb of ${metadata.topic}` : metadata.topic }),
      ...(missed ? [element('span', { className: 'tag only', textContent: 'only here' })] : []),
      element('span', { className: 'distance', title: 'Cosine distance', textContent: distance.toFixed(3) }),
    ),
    element('p', { className: 'meaning', textContent: metadata.meaning }),
  )
}

// Shorten a vector of 384 numbers.
function short(text) {
  return text.replace(/\[(-?[\d.e-]+,){8}[^\]]*\]/g, (found) => `[${found.slice(1).split(',').slice(0, 3).join(',')}, ...]`)
}

// What is typed and clicked

function write(filter) {
  at('filter').value = JSON.stringify(filter)
}

function choices(group, values, act) {
  at(group).replaceChildren(
    ...Object.entries(values).map(([name, value]) => {
      const button = element('button', { type: 'button', textContent: name })
      button.onclick = () => {
        act(name, value)
        search()
      }
      return button
    }),
  )
}

// Mark the examples that are what the fields hold.
function choose() {
  at('filter').removeAttribute('aria-invalid')
  const text = at('text').value.trim()
  for (const button of at('examples').children) button.ariaPressed = String(button.textContent === text)
  const filter = at('filter').value
  for (const button of at('filters').children) {
    button.ariaPressed = String(JSON.stringify(FILTERS[button.textContent]) === filter)
  }
}

let timer

function soon() {
  clearTimeout(timer)
  timer = setTimeout(search, PAUSE)
}

at('filter').addEventListener('input', soon)
at('text').addEventListener('input', () => {
  clearTimeout(timer)
  if (document.body.dataset.model === 'ready' && at('text').value.trim()) soon()
})
at('search').addEventListener('submit', (event) => {
  event.preventDefault()
  clearTimeout(timer)
  search()
})

// The beginning: the first example is searched, for something to be seen.

try {
  at('model-note').textContent =
    `The examples work at once. Your own words need a language model of ${MODEL}, which is downloaded with your first search and runs in this page, too.`
  const starting = database.call('start', { 'database.bin': databaseSize })
  const examples = await (await fetch('examples.json')).json()
  for (const { text, vector } of examples) vectors.set(text, vector)
  choices('examples', Object.fromEntries(examples.map((example) => [example.text, example])), (text, { filter }) => {
    at('text').value = text
    write(filter)
  })
  choices('filters', FILTERS, (_, filter) => write(filter))
  at('text').value = examples[0].text
  write(examples[0].filter)
  choose()
  const { version, count } = await starting
  at('starting').remove()
  at('go').disabled = false
  document.body.dataset.started = 'yes'
  await search()
  const seconds = (performance.now() / 1000).toFixed(1)
  say(`PostgreSQL ${version} with ${count.toLocaleString('en')} entries was ready in ${seconds} s.`)
  document.body.dataset.ready = seconds
} catch (error) {
  at('starting').remove()
  say(`The playground did not start: ${error.message}. Reload the page; if that does not help, try a current Firefox, Chrome or Safari.`)
}

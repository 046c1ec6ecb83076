// Where in a filter a fault is: the paths of VS005, such as $and[1].year.$gr.

// The parts of a path through a value. Keys may have dots in them, so the value says where one ends.
export function parts(value, path) {
  const found = []
  while (path) {
    const index = path.match(/^\[(\d+)\]/)
    if (Array.isArray(value) && index) {
      found.push(Number(index[1]))
      path = path.slice(index[0].length)
      value = value[index[1]]
    } else if (value !== null && typeof value === 'object') {
      const rest = path.replace(/^\./, '')
      const key = Object.keys(value)
        .filter((name) => rest === name || ['.', '['].some((next) => rest.startsWith(name + next)))
        .sort((one, other) => other.length - one.length)[0]
      if (key === undefined) break
      found.push(key)
      path = rest.slice(key.length)
      value = value[key]
    } else break
  }
  return found
}

// The filter as indented JSON, in nodes, with the place of the fault in a <mark>.
export function marked(filter, path) {
  const target = parts(filter, path)
  const nodes = []
  const write = (value, rest, indent) => {
    const here = rest !== null && rest.length === 0
    const start = nodes.length
    if (value !== null && typeof value === 'object' && Object.keys(value).length) {
      const [open, close] = Array.isArray(value) ? '[]' : '{}'
      nodes.push(`${open}\n`)
      Object.entries(value).forEach(([key, item], i) => {
        const on = rest !== null && String(rest[0]) === key
        nodes.push(`${i ? ',\n' : ''}${indent}  `)
        const from = nodes.length
        if (!Array.isArray(value)) nodes.push(`${JSON.stringify(key)}: `)
        write(item, on && rest.length > 1 ? rest.slice(1) : null, `${indent}  `)
        if (on && rest.length === 1) mark(from)
      })
      nodes.push(`\n${indent}${close}`)
    } else {
      nodes.push(JSON.stringify(value))
    }
    if (here) mark(start)
  }
  const mark = (from) => {
    const element = document.createElement('mark')
    element.append(...nodes.splice(from))
    nodes.push(element)
  }
  write(filter, target, '')
  return nodes
}

// Calls to a worker, and the answers to them.

// In the page: a function call(name, ...parameters) that returns a promise, and stop(). progress gets what is told
// while a call runs.
export function connect(file, progress) {
  const worker = new Worker(file, { type: 'module' })
  const waiting = new Map()
  let calls = 0

  function fail(error) {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }

  worker.onmessage = ({ data: { number, told, result, error } }) => {
    if (told) return progress(told)
    const { resolve, reject } = waiting.get(number)
    waiting.delete(number)
    if (error) reject(error)
    else resolve(result)
  }
  worker.onerror = (event) => {
    event.preventDefault()
    fail({ message: event.message || `${file} could not be loaded` })
  }
  return {
    call: (name, ...parameters) =>
      new Promise((resolve, reject) => {
        waiting.set(++calls, { resolve, reject })
        worker.postMessage({ number: calls, name, parameters })
      }),
    stop() {
      worker.terminate()
      fail({ message: 'The download was cancelled.' })
    },
  }
}

// In the worker: answer calls by the functions of these names.
export function serve(functions) {
  onmessage = async ({ data: { number, name, parameters } }) => {
    try {
      postMessage({ number, result: await functions[name](...parameters) })
    } catch (error) {
      const { code, message = String(error), detail, hint } = error
      postMessage({ number, error: { code, message, detail, hint } })
    }
  }
}

export function tell(told) {
  postMessage({ told })
}

// Fetch files of this folder as ArrayBuffers, telling the bytes so far of the total. sizes: their bytes by name;
// the server cannot be asked for them, as it may send files compressed.
export async function download(sizes) {
  const total = Object.values(sizes).reduce((sum, size) => sum + size)
  let done = 0
  const get = async ([name, size]) => {
    const answer = await fetch(name)
    if (!answer.ok) throw new Error(`${name}: the server answered ${answer.status}`)
    const bytes = new Uint8Array(size)
    let at = 0
    const reader = answer.body.getReader()
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      bytes.set(part.value, at)
      at += part.value.length
      done += part.value.length
      tell({ done, total })
    }
    if (at !== size) throw new Error(`${name}: ${at} bytes arrived instead of ${size}`)
    return [name, bytes.buffer]
  }
  return Object.fromEntries(await Promise.all(Object.entries(sizes).map(get)))
}

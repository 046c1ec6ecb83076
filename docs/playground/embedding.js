// all-MiniLM-L6-v2: a text to a vector of 384 numbers. The page and the build of the examples share it.

const MAX_TOKENS = 256 // as vecs_sql has it

// Return a function from a text to its vector, of unit length. model: the ONNX file's bytes; vocabulary: tokenizer.json.
export async function encoder(ort, Tokenizer, model, vocabulary) {
  const tokenizer = new Tokenizer(vocabulary, {})
  const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] })

  return async (text) => {
    // Python's tokenizer lowers letter by letter, JavaScript's makes a capital sigma at a word's end a final one.
    const { ids } = tokenizer.encode(text.replaceAll('Σ', 'σ'))
    if (ids.length > MAX_TOKENS) ids.splice(MAX_TOKENS - 1, ids.length - MAX_TOKENS) // the last one marks the end
    const tensor = (values) => new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, ids.length])
    const inputs = {
      input_ids: tensor(ids),
      attention_mask: tensor(ids.map(() => 1)),
      token_type_ids: tensor(ids.map(() => 0)),
    }
    const given = Object.fromEntries(session.inputNames.map((name) => [name, inputs[name]]))
    const [{ data, dims }] = Object.values(await session.run(given))
    return unit(sum(data, dims.at(-1)))
  }
}

// The sum of the tokens' vectors stands for their mean: it has the same direction.
function sum(data, width) {
  const total = new Float32Array(width)
  data.forEach((value, i) => {
    total[i % width] += value
  })
  return total
}

function unit(vector) {
  const length = Math.hypot(...vector)
  return vector.map((value) => value / length)
}

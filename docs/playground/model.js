// The language model in a worker of its own: it is loaded when somebody first searches with words of their own.
import { Tokenizer } from './vendor/@huggingface/tokenizers/tokenizers.min.mjs'
import * as ort from './vendor/onnxruntime-web/ort.wasm.min.mjs'
import { encoder } from './embedding.js'
import { download, serve } from './workers.js'

const RUNTIME = 'vendor/onnxruntime-web/ort-wasm-simd-threaded.wasm'
let encode

serve({
  async start(sizes) {
    const files = await download(sizes)
    ort.env.wasm.numThreads = 1 // more threads need headers that a static server does not send
    ort.env.wasm.wasmBinary = files[RUNTIME]
    const vocabulary = JSON.parse(new TextDecoder().decode(files['model/tokenizer.json']))
    encode = await encoder(ort, Tokenizer, new Uint8Array(files['model/model.onnx']), vocabulary)
  },

  async embed(text) {
    return JSON.stringify([...(await encode(text))])
  },
})

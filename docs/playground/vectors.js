// Vectors from NumPy's file, and to PostgreSQL in binary.

// The rows of a .npy of two dimensions in half precision, as Float32Arrays.
export function matrix(buffer) {
  const view = new DataView(buffer)
  const start = 10 + view.getUint16(8, true)
  const header = new TextDecoder().decode(new Uint8Array(buffer, 10, start - 10))
  const [, count, dimension] = header.match(/'descr': '<f2'.*'shape': \((\d+), (\d+)\)/).map(Number)
  const rows = []
  for (let row = 0; row < count; row++) {
    const values = new Float32Array(dimension)
    for (let i = 0; i < dimension; i++) {
      values[i] = half(view.getUint16(start + 2 * (row * dimension + i), true))
    }
    rows.push(values)
  }
  return { rows, dimension }
}

// IEEE 754 binary16: a sign, five bits of exponent, ten of fraction.
function half(bits) {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return fraction ? NaN : sign * Infinity
  return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -24 * fraction
}

// PostgreSQL's binary format of an array, and pgvector's of its elements: int16 dimension, int16 0, float32 each.
export function vectorArray(oid, rows) {
  const width = 4 + 4 * rows[0].length
  const view = new DataView(new ArrayBuffer(20 + rows.length * (4 + width)))
  ;[1, 0, oid, rows.length, 1].forEach((number, i) => view.setInt32(4 * i, number))
  rows.forEach((values, row) => {
    const place = 20 + row * (4 + width)
    view.setInt32(place, width)
    view.setInt16(place + 4, values.length)
    values.forEach((value, i) => view.setFloat32(place + 8 + 4 * i, value))
  })
  return new Uint8Array(view.buffer)
}

# Runs the steps of the conformance suite through ruby-pg: run.rb URL FILE, one line of JSON a step.
require 'json'
require 'pg'

# A vector in pgvector's binary format: int16 dimension, int16 0, float32 each, big-endian.
def binary(vector)
  { value: [vector.length, 0, *vector].pack('s>2g*'), format: 1 }
end

def argument(value, form)
  case form
  when 'binary' then binary(value)
  when 'array' then PG::TextEncoder::Array.new.encode(value)
  else value.nil? || value.is_a?(String) ? value : JSON.generate(value)
  end
end

# An argument's place in a call; a form that is none of ours is a type to cast to.
def place(name, form, number)
  named = name.empty? ? "$#{number}" : "#{name} => $#{number}"
  case form
  when nil, 'text', 'binary' then named
  when 'array' then "#{named}::real[]::vector"
  else "#{named}::#{form}"
  end
end

def execute(connection, step)
  if step['sql']
    connection.exec(step['sql'])
    return []
  end
  named = step.fetch('with', {})
  forms = step.fetch('as', {})
  places = named.keys.each_with_index.map { |name, i| place(name, forms[name], i + 1) }
  rows = connection.exec_params(
    "SELECT to_jsonb(r) FROM vecs.#{step['call']}(#{places.join(', ')}) AS r",
    named.map { |name, value| argument(value, forms[name]) }
  )
  rows.column_values(0).map { |row| row && JSON.parse(row.encode('UTF-8')) }
end

def told(error)
  result = error.respond_to?(:result) && error.result
  return { message: error.message } unless result

  {
    code: result.error_field(PG::PG_DIAG_SQLSTATE),
    message: result.error_field(PG::PG_DIAG_MESSAGE_PRIMARY),
    detail: result.error_field(PG::PG_DIAG_MESSAGE_DETAIL),
    hint: result.error_field(PG::PG_DIAG_MESSAGE_HINT),
    context: result.error_field(PG::PG_DIAG_CONTEXT)
  }
end

url, file = ARGV
connection = PG.connect(url)
JSON.parse(File.read(file, encoding: 'UTF-8')).each do |step|
  outcome = begin
    { rows: execute(connection, step) }
  rescue PG::Error, ArgumentError, EncodingError => e
    { error: told(e) }
  end
  puts JSON.generate(outcome)
end

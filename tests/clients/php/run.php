<?php
// Runs the steps of the conformance suite through PDO: run.php DSN FILE, one line of JSON a step.

// pgvector's binary format: int16 dimension, int16 0, float32 each, big-endian.
function binary(array $vector): string
{
    return pack('n2G*', count($vector), 0, ...$vector);
}

// PDO sends bytes as they are: here as text in the encoding of the connection.
function text(mixed $value, string $encoding): string
{
    $text = is_string($value) ? $value : json_encode($value, JSON_UNESCAPED_UNICODE);
    return iconv('UTF-8', $encoding, $text);
}

// An argument's place in a call; a form that is none of ours is a type to cast to.
function place(string $name, string $form): string
{
    $place = $name === '' ? '?' : "$name => ?";
    return match ($form) {
        '', 'text', 'binary' => $place,
        'array' => "$place::real[]::vector",
        default => "$place::$form",
    };
}

function execute(PDO $db, object $step, string $encoding): array
{
    if (isset($step->sql)) {
        $db->exec($step->sql);
        return [];
    }
    $named = (array) ($step->with ?? []);
    $forms = (array) ($step->as ?? []);
    $places = [];
    foreach (array_keys($named) as $name) {
        $places[] = place($name, $forms[$name] ?? '');
    }
    $statement = $db->prepare(
        "SELECT to_jsonb(r) FROM vecs.{$step->call}(" . implode(', ', $places) . ') AS r'
    );
    $number = 0;
    foreach ($named as $name => $value) {
        $number++;
        match (true) {
            $value === null => $statement->bindValue($number, null, PDO::PARAM_NULL),
            // PDO sends a LOB in binary format.
            ($forms[$name] ?? '') === 'binary' => $statement->bindValue($number, binary($value), PDO::PARAM_LOB),
            ($forms[$name] ?? '') === 'array' => $statement->bindValue($number, '{' . implode(',', $value) . '}'),
            default => $statement->bindValue($number, text($value, $encoding)),
        };
    }
    $statement->execute();
    $rows = $statement->fetchAll(PDO::FETCH_COLUMN);
    return array_map(fn ($row) => $row === null ? null : json_decode(iconv($encoding, 'UTF-8', $row)), $rows);
}

// PDO has code and message by themselves; detail and hint are in the text.
function error(PDOException $error, string $encoding): array
{
    [$code, , $text] = $error->errorInfo ?? [null, null, $error->getMessage()];
    $text = iconv($encoding, 'UTF-8', $text);
    $fields = preg_split('/\n?^(ERROR|DETAIL|HINT|CONTEXT|QUERY|LINE \d+):  ?/m', $text, -1, PREG_SPLIT_DELIM_CAPTURE);
    $told = ['ERROR' => $text];
    for ($i = 1; $i < count($fields); $i += 2) {
        $told[$fields[$i]] = $fields[$i + 1];
    }
    return [
        'code' => $code,
        'message' => $told['ERROR'],
        'detail' => $told['DETAIL'] ?? null,
        'hint' => $told['HINT'] ?? null,
        'context' => $told['CONTEXT'] ?? null,
    ];
}

[, $dsn, $file] = $argv;
$encoding = getenv('PGCLIENTENCODING') === 'LATIN1' ? 'ISO-8859-1' : 'UTF-8';
$db = new PDO($dsn);
foreach (json_decode(file_get_contents($file)) as $step) {
    try {
        $outcome = ['rows' => execute($db, $step, $encoding)];
    } catch (PDOException $error) {
        $outcome = ['error' => error($error, $encoding)];
    }
    echo json_encode($outcome, JSON_UNESCAPED_UNICODE), "\n";
}

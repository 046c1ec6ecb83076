// Runs the steps of the conformance suite through database/sql and lib/pq: run URL FILE, one line of JSON a step.
package main

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"sort"
	"strings"

	"github.com/lib/pq"
)

type step struct {
	SQL  string
	Call string
	With map[string]json.RawMessage
	As   map[string]string
}

// argument gives the text that is sent, nil for NULL, or a vector in another form.
func argument(value json.RawMessage, form string) (any, error) {
	switch {
	case form == "array":
		var numbers []float32
		err := json.Unmarshal(value, &numbers)
		return pq.Array(numbers), err
	case form == "binary": // pgvector's: int16 dimension, int16 0, float32 each, big-endian
		var numbers []float32
		err := json.Unmarshal(value, &numbers)
		var buffer bytes.Buffer
		_ = binary.Write(&buffer, binary.BigEndian, []int16{int16(len(numbers)), 0})
		_ = binary.Write(&buffer, binary.BigEndian, numbers)
		return buffer.Bytes(), err
	case string(value) == "null":
		return nil, nil
	case value[0] == '"':
		var text string
		err := json.Unmarshal(value, &text)
		return text, err
	}
	return string(value), nil
}

// place gives an argument's place in a call; a form that is none of ours is a type to cast to.
func place(name, form string, number int) string {
	place := fmt.Sprintf("$%d", number)
	if name != "" {
		place = name + " => " + place
	}
	switch form {
	case "", "text", "binary":
		return place
	case "array":
		return place + "::real[]::vector"
	}
	return place + "::" + form
}

func execute(db *sql.DB, step step) ([]json.RawMessage, error) {
	rows := []json.RawMessage{}
	if step.SQL != "" {
		_, err := db.Exec(step.SQL)
		return rows, err
	}
	var places []string
	var values []any
	names := make([]string, 0, len(step.With))
	for name := range step.With {
		names = append(names, name)
	}
	sort.Strings(names) // a parameter without a name comes first
	for _, name := range names {
		form := step.As[name]
		argument, err := argument(step.With[name], form)
		if err != nil {
			return rows, err
		}
		values = append(values, argument)
		places = append(places, place(name, form, len(values)))
	}
	found, err := db.Query(fmt.Sprintf("SELECT to_jsonb(r) FROM vecs.%s(%s) AS r", step.Call, strings.Join(places, ", ")), values...)
	if err != nil {
		return rows, err
	}
	defer found.Close()
	for found.Next() {
		var row []byte
		if err := found.Scan(&row); err != nil {
			return rows, err
		}
		if row == nil {
			row = []byte("null")
		}
		rows = append(rows, row)
	}
	return rows, found.Err()
}

func main() {
	// With binary_parameters a []byte is sent as binary, all else as text.
	db, err := sql.Open("postgres", os.Args[1]+" binary_parameters=yes")
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	content, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var steps []step
	if err := json.Unmarshal(content, &steps); err != nil {
		log.Fatal(err)
	}
	output := json.NewEncoder(os.Stdout)
	for _, step := range steps {
		rows, err := execute(db, step)
		var told *pq.Error
		switch {
		case err == nil:
			err = output.Encode(map[string]any{"rows": rows})
		case errors.As(err, &told):
			err = output.Encode(map[string]any{"error": map[string]string{
				"code": string(told.Code), "message": told.Message, "detail": told.Detail, "hint": told.Hint, "context": told.Where}})
		default:
			err = output.Encode(map[string]any{"error": map[string]string{"message": err.Error()}})
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

package ledger

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// Book is a file with one record a line. Any number of goroutines may write to it.
type Book[T any] struct {
	mu   sync.Mutex
	file *os.File
	buf  *bufio.Writer
	enc  *json.Encoder
	err  error
}

// Create makes a book's file in a folder.
func Create[T any](folder, name string) (*Book[T], error) {
	f, err := os.Create(filepath.Join(folder, name+".jsonl"))
	if err != nil {
		return nil, err
	}
	b := &Book[T]{file: f, buf: bufio.NewWriterSize(f, 1<<16)}
	b.enc = json.NewEncoder(b.buf)
	return b, nil
}

// Write adds a record. Close tells what went wrong.
func (b *Book[T]) Write(record T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = errors.Join(b.err, b.enc.Encode(record))
}

// Close writes what is left.
func (b *Book[T]) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return errors.Join(b.err, b.buf.Flush(), b.file.Close())
}

// Books are the ledgers of a run while it is written: files in a folder of their own.
type Books struct {
	Tries    *Book[Try]
	Answers  *Book[Answer]
	Received *Book[Received]
	Refusals *Book[Refusal]
	folder   string
}

// Open makes the files.
func Open(folder string) (*Books, error) {
	b := &Books{folder: folder}
	var errs [4]error
	b.Tries, errs[0] = Create[Try](folder, "tries")
	b.Answers, errs[1] = Create[Answer](folder, "answers")
	b.Received, errs[2] = Create[Received](folder, "received")
	b.Refusals, errs[3] = Create[Refusal](folder, "refusals")
	return b, errors.Join(errs[:]...)
}

// Close closes the files and reads them back, for what is found in the database to be added.
func (b *Books) Close() (l Ledgers, err error) {
	if err := errors.Join(b.Tries.Close(), b.Answers.Close(), b.Received.Close(), b.Refusals.Close()); err != nil {
		return l, err
	}
	var errs [4]error
	l.Tries, errs[0] = read[Try](b.folder, "tries")
	l.Answers, errs[1] = read[Answer](b.folder, "answers")
	l.Received, errs[2] = read[Received](b.folder, "received")
	l.Refusals, errs[3] = read[Refusal](b.folder, "refusals")
	return l, errors.Join(errs[:]...)
}

func read[T any](folder, name string) (out []T, err error) {
	f, err := os.Open(filepath.Join(folder, name+".jsonl"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for dec := json.NewDecoder(bufio.NewReaderSize(f, 1<<16)); ; {
		var record T
		switch err := dec.Decode(&record); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return out, fmt.Errorf("%s: %w", f.Name(), err)
		}
		out = append(out, record)
	}
}

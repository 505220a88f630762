package main

import (
	"strconv"
	"time"
)

// message is a row of a message with its author. The bytes belong to the driver until the next row.
type message struct {
	id, body, author, name []byte
	at                     time.Time
}

func (m *message) into() []any { return []any{&m.id, &m.body, &m.at, &m.author, &m.name} }

func (m *message) append(b []byte) []byte {
	b = append(b, `{"id":"`...)
	b = append(b, m.id...)
	b = append(b, `","body":`...)
	b = text(b, m.body)
	b = append(b, `,"createdAt":"`...)
	b = m.at.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","author":{"id":"`...)
	b = append(b, m.author...)
	b = append(b, `","displayName":`...)
	b = text(b, m.name)
	return append(b, '}', '}')
}

// list is the channels of an answer, written as their messages come.
type list struct {
	b    []byte
	last string
}

func newList(b []byte) *list {
	return &list{b: append(b, `{"data":{"workspace":{"channels":{"nodes":[`...)}
}

func (l *list) add(channelID, channelName []byte, m *message) {
	if string(channelID) == l.last {
		l.b = append(l.b, ',')
	} else {
		if l.last != "" {
			l.b = append(l.b, `]}},`...)
		}
		l.last = string(channelID)
		l.b = append(append(l.b, `{"id":"`...), channelID...)
		l.b = text(append(l.b, `","name":`...), channelName)
		l.b = append(l.b, `,"messages":{"nodes":[`...)
	}
	l.b = m.append(l.b)
}

func (l *list) end() []byte {
	if l.last != "" {
		l.b = append(l.b, `]}}`...)
	}
	return append(l.b, `]}}}}`...)
}

func one(b []byte, m *message) []byte {
	return append(m.append(append(b, `{"data":{"node":`...)), '}', '}')
}

func sent(b []byte, id string, seq, position int64) []byte {
	b = append(append(b, `{"data":{"sendMessage":{"message":{"id":"`...), id...)
	b = strconv.AppendInt(append(b, `","seq":`...), seq, 10)
	b = strconv.AppendInt(append(b, `},"cursor":"`...), position, 10)
	return append(b, `","userErrors":[]}}}`...)
}

// text appends a JSON string.
func text(b, s []byte) []byte {
	b = append(b, '"')
	start := 0
	for i, c := range s {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch {
		case c >= ' ':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		}
	}
	return append(append(b, s[start:]...), '"')
}

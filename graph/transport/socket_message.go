package transport

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Subprotocol is the one websocket subprotocol that is spoken.
const Subprotocol = "graphql-transport-ws"

// Types of messages.
const (
	typeInit      = "connection_init"
	typeAck       = "connection_ack"
	typePing      = "ping"
	typePong      = "pong"
	typeSubscribe = "subscribe"
	typeNext      = "next"
	typeError     = "error"
	typeComplete  = "complete"
)

// message is what a client sent. Payload holds the bytes of the payload and lives as long as those of the frame.
type message struct {
	kind    string
	id      string
	params  *graphql.RawParams
	payload []byte
}

// maxID bounds ids of operations, which are kept and repeated in every answer.
const maxID = 256

// decodeMessage reads a frame of a client; anything but a message that clients send is a *CloseError.
func decodeMessage(frame []byte, depth int) (message, error) {
	// A message holds a payload holds variables: two levels above them.
	fields, payload, err := readObject(frame, depth+2, "payload")
	if err != nil {
		return message{}, badMessage(err.Error())
	}
	m := message{payload: payload}
	m.kind, _ = fields["type"].(string)
	body, isObject := fields["payload"].(map[string]any)
	if fields["payload"] == nil {
		m.payload = nil
	} else if !isObject {
		return message{}, badMessage("the payload has to be an object")
	}
	switch m.kind {
	case typeInit, typePing, typePong:
		return m, nil
	case typeSubscribe, typeComplete:
		var ok bool
		if m.id, ok = fields["id"].(string); !ok || m.id == "" || len(m.id) > maxID {
			return message{}, badMessage("the id has to be a string of 1 to 256 bytes")
		}
	default:
		return message{}, badMessage("its type is not one that clients send")
	}
	if m.kind == typeSubscribe {
		if m.params, err = paramsOf(body); err != nil {
			return message{}, badMessage("the payload is not a request")
		}
	}
	return m, nil
}

func badMessage(why string) *CloseError {
	return closing(CloseBadMessage, "Invalid message received: %s", why)
}

// appendAck appends connection_ack with the payload, if there is one.
func appendAck(dst, payload []byte) []byte { return appendPlain(dst, typeAck, payload) }

// appendPong appends pong with the payload of the ping, if there was one.
func appendPong(dst, payload []byte) []byte { return appendPlain(dst, typePong, payload) }

func appendPlain(dst []byte, kind string, payload []byte) []byte {
	dst = append(append(append(dst, `{"type":"`...), kind...), '"')
	if len(payload) > 0 {
		dst = append(append(dst, `,"payload":`...), payload...)
	}
	return append(dst, '}')
}

// Messages about an operation begin with its id, so that the rest of one may be shared by many. The id is quoted already.

func appendNext(dst []byte, id string, r *graphql.Response) []byte {
	dst = appendHead(dst, id, typeNext)
	dst = append(dst, `,"payload":`...)
	dst = appendResponse(dst, r)
	return append(dst, '}')
}

func appendError(dst []byte, id string, list gqlerror.List) []byte {
	dst = appendHead(dst, id, typeError)
	dst = append(dst, `,"payload":`...)
	dst, _ = appendErrors(dst, list)
	return append(dst, '}')
}

func appendComplete(dst []byte, id string) []byte {
	return append(appendHead(dst, id, typeComplete), '}')
}

func appendHead(dst []byte, id, kind string) []byte {
	dst = append(append(dst, `{"id":`...), id...)
	return append(append(append(dst, `,"type":"`...), kind...), '"')
}

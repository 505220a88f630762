package inside_test

import (
	"bytes"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"karnak/ent/enttest"
	"karnak/internal/app/apptest"
)

const send = `mutation($channel: ID!, $body: String!) { sendMessage(input: {channelId: $channel, body: $body}) { message { id seq } userErrors { code } } }`

// BenchmarkSends has 64 users write at the same time, to the channels of one workspace.
func BenchmarkSends(b *testing.B) {
	for _, engine := range enttest.Engines {
		b.Run(engine, func(b *testing.B) {
			n, d := filled(b, engine)
			const users = 32
			bodies, tokens := make([][]byte, users), make([]string, users)
			for i := range users {
				p := d.Places[i]
				tokens[i] = signIn(b, n, p.Email)
				bodies[i] = request(b, send, apptest.Vars{"channel": p.Channel, "body": fmt.Sprint("the words of user ", i, " are not many, but they are there")})
			}
			var turn atomic.Int64
			b.SetParallelism(32)
			b.ReportAllocs()
			b.ResetTimer()
			start := cpu(b)
			b.RunParallel(func(p *testing.PB) {
				i := int(turn.Add(1)) % users
				for p.Next() {
					if a := ask(n, tokens[i], bodies[i]); a.Code != http.StatusOK || bytes.Contains(a.Body.Bytes(), []byte(`"code"`)) {
						b.Error(a.Code, a.Body.String())
						return
					}
				}
			})
			b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/1e6, "cpu-ms/op")
		})
	}
}

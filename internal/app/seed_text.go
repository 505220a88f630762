package app

import (
	"fmt"
	"time"

	"karnak/internal/domain/chat"
)

// What people of the demo say: openings, and answers to them, with a thing put in.
var (
	things   = []string{"the login page", "invoice 2041", "the search index", "the staging cluster", "the mobile build", "Thursday's demo", "the onboarding mail", "the export", "the price table", "the webhook retries", "the backup", "the dashboard"}
	openings = []string{
		"Has anybody looked at %s today?", "I moved %s to next week, shout if that hurts.", "%s is done, please have a look.",
		"Question about %s: who decides?", "Heads-up: %s was slow for ten minutes around noon, it is fine again.",
		"I wrote down what we know about %s, link in the wiki.", "Can we take %s off the list? Nobody asked for it in a month.",
		"A customer in Lagos reported a problem with %s.", "Two numbers for %s: 38 % faster, 12 % cheaper.", "Draft for %s is ready ✍️",
	}
	answers = []string{
		"On it.", "Looks good to me 👍", "I can take that this afternoon.", "Not yet – after the stand-up.", "Thanks, that helps a lot!",
		"Could you add a test for it?", "Same here, since this morning.", "Let's talk about it at three.", "Merged and deployed.",
		"I would wait for the numbers first.", "Fixed, it was the cache.", "+1", "Can you share the log? The request id is enough.", "@[%s] do you know more?",
	}
)

// lines makes a channel's messages: on working days, in bursts, every burst an opening with answers to it.
func (s *seeder) lines(authors []string, r room) []chat.SeedLine {
	out := make([]chat.SeedLine, 0, r.messages)
	at := s.now.Add(-span).Add(2 * time.Hour)
	step := (span - 4*time.Hour) / time.Duration(r.messages)
	for len(out) < r.messages {
		burst := min(1+s.dice.IntN(5), r.messages-len(out))
		for i := range burst {
			at = at.Add(time.Duration(20+s.dice.IntN(160)) * time.Second)
			out = append(out, s.line(authors, i, at))
		}
		at = s.now.Add(-span).Add(2*time.Hour + step*time.Duration(len(out)))
	}
	return out
}

func (s *seeder) line(authors []string, i int, at time.Time) chat.SeedLine {
	l := chat.SeedLine{Author: authors[s.dice.IntN(len(authors))], At: at.Truncate(time.Millisecond)}
	if i == 0 {
		l.Body = fmt.Sprintf(openings[s.dice.IntN(len(openings))], things[s.dice.IntN(len(things))])
		return l
	}
	l.Body = answers[s.dice.IntN(len(answers))]
	if l.Body == answers[len(answers)-1] {
		l.Body = fmt.Sprintf(l.Body, authors[s.dice.IntN(len(authors))])
	}
	if s.dice.IntN(3) == 0 {
		l.ReplyTo = i
	}
	return l
}

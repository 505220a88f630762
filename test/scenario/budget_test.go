package scenario_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"karnak/ent/enttest"
	"karnak/internal/adapter/llmtwin"
	"karnak/internal/app/apptest"
	"karnak/internal/core/llm"
	"karnak/internal/platform/clock"
)

const budget = `query($w: ID!) { workspace(id: $w) { modelBudget { month monthlyLimit { amount currency } spent { amount } reserved { amount } resetsAt } } }`

// dollarsOf reads an amount in millionths.
func dollarsOf(t *testing.T, s string) int64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return int64(f*1e6 + 0.5)
}

func (k talk) budget(t *testing.T) (spent, reserved int64) {
	t.Helper()
	a := k.Must(t, k.who.Token, budget, apptest.Vars{"w": k.ws})
	return dollarsOf(t, a.Text("workspace.modelBudget.spent.amount")), dollarsOf(t, a.Text("workspace.modelBudget.reserved.amount"))
}

func (k talk) limit(t *testing.T, amount any) {
	t.Helper()
	must(t, k.Node, k.who, "setModelBudget", "budget { monthlyLimit { amount } }", apptest.Vars{"workspaceId": k.ws, "monthlyLimit": amount})
}

// TestBudgetsHold has a hundred answers made at once, for which there is not enough: what is spent stays within the limit, by what
// the twin billed, and nothing stays held.
func TestBudgetsHold(t *testing.T) {
	t.Parallel()
	script := func(c *llmtwin.Call) llmtwin.Script { return llmtwin.Words(poem, c, time.Millisecond) }
	talks(t, script, func(t *testing.T, k talk) {
		const limit = 5_000 // micro-dollars; an answer costs some 170 and 400 are held for it
		k.limit(t, "0.005")
		var all sync.WaitGroup
		var mu sync.Mutex
		ends := map[string]int{}
		for i := range 100 {
			all.Go(func() {
				c := must(t, k.Node, k.who, "createConversation", "conversation { id }", apptest.Vars{"workspaceId": k.ws}).Text("createConversation.conversation.id")
				a := run(t, k.Node, k.who, "startGeneration", "generation { id }", apptest.Vars{"conversationId": c, "body": fmt.Sprint("number ", i), "maxTokens": 100})
				end := outcome(a, "startGeneration")
				if end == "" {
					x := k.watch(t, a.Text("startGeneration.generation.id"), "")
					if end = x.end; end == "GenerationFailed" {
						end = x.last.Text("generationEvents.error.code")
					} else if x.text != poem {
						t.Errorf("an answer is %q", x.text)
					}
				}
				mu.Lock()
				defer mu.Unlock()
				ends[end]++
			})
		}
		all.Wait()
		spent, reserved := k.budget(t)
		u := k.twin.Billed()
		billed := int64(u.Input) + 4*int64(u.Output)
		if spent > limit+400 || reserved != 0 {
			t.Errorf("%d were spent of %d, %d are held", spent, limit, reserved)
		}
		if ends["GenerationFinished"] < 10 || ends["BUDGET_EXCEEDED"]+ends["QUOTA_EXCEEDED"] < 10 || len(ends) > 3 {
			t.Errorf("the answers ended with %v", ends)
		}
		// What was cut off at the budget is estimated by text of which a word may have been on its way.
		if cut := int64(ends["BUDGET_EXCEEDED"]); spent > billed || spent < billed-cut*40 {
			t.Errorf("the twin billed %d, the ledger has %d, with %v", billed, spent, ends)
		}
	})
}

// TestFirstAnswersAtOnce has answers begun in the same moment in a workspace on which nothing was spent yet: all make its account.
func TestFirstAnswersAtOnce(t *testing.T) {
	t.Parallel()
	script := func(c *llmtwin.Call) llmtwin.Script { return llmtwin.Words(poem, c, 0) }
	talks(t, script, func(t *testing.T, k talk) {
		var conversations [12]string
		for i := range conversations {
			conversations[i] = must(t, k.Node, k.who, "createConversation", "conversation { id }", apptest.Vars{"workspaceId": k.ws}).Text("createConversation.conversation.id")
		}
		var all sync.WaitGroup
		for _, c := range conversations {
			all.Go(func() {
				a := run(t, k.Node, k.who, "startGeneration", "generation { id }", apptest.Vars{"conversationId": c, "body": "at once"})
				if x := k.watch(t, a.Text("startGeneration.generation.id"), ""); x.end != "GenerationFinished" {
					t.Errorf("an answer ended with %s %s", x.end, x.last.Text("generationEvents.error.code"))
				}
			})
		}
		all.Wait()
	})
}

// TestTheLedgerIsTheTwins adds up what answers took, without a limit.
func TestTheLedgerIsTheTwins(t *testing.T) {
	t.Parallel()
	script := func(c *llmtwin.Call) llmtwin.Script { return llmtwin.Words(poem, c, 0) }
	talks(t, script, func(t *testing.T, k talk) {
		for i := range 5 {
			generation, _ := k.say(t, fmt.Sprint("number ", i))
			k.watch(t, generation, "")
		}
		a := k.Must(t, k.who.Token, `query($c: ID!) { node(id: $c) { ... on Conversation { generations { nodes { usage { inputTokens outputTokens cachedTokens estimated } } } } } }`, apptest.Vars{"c": k.id})
		var sum llm.Usage
		rows, _ := a.Get("node.generations.nodes").([]any)
		for i := range rows {
			at := fmt.Sprintf("node.generations.nodes.%d.usage.", i)
			in, _ := a.Get(at + "inputTokens").(float64)
			out, _ := a.Get(at + "outputTokens").(float64)
			sum.Input += int(in)
			sum.Output += int(out)
			is(t, a, at+"estimated", false)
		}
		if sum != k.twin.Billed() {
			t.Errorf("the ledger has %+v, the twin %+v", sum, k.twin.Billed())
		}
		spent, reserved := k.budget(t)
		if want := int64(sum.Input) + 4*int64(sum.Output); spent != want || reserved != 0 {
			t.Errorf("%d were spent, %d by the tokens; %d are held", spent, want, reserved)
		}
	})
}

func TestABudgetStopsAnAnswer(t *testing.T) {
	t.Parallel()
	talks(t, slowly, func(t *testing.T, k talk) {
		k.limit(t, "0.0001")
		generation, _ := k.say(t, "Say a poem")
		x := k.watch(t, generation, "")
		is(t, x.last, "generationEvents.error.code", "BUDGET_EXCEEDED")
		is(t, x.last, "generationEvents.error.retryable", false)
		if x.text == "" || !strings.HasPrefix(poem, x.text) || x.text == poem {
			t.Errorf("seen is %q", x.text)
		}
		is(t, x.last, "generationEvents.message.body", x.text)
		spent, reserved := k.budget(t)
		if spent < 80 || spent > 110 || reserved != 0 {
			t.Errorf("%d were spent of 100, %d are held", spent, reserved)
		}
		k.limit(t, fmt.Sprintf("0.%06d", spent))
		refuse(t, k.Node, k.who, "QUOTA_EXCEEDED", "startGeneration", "", apptest.Vars{"conversationId": k.id, "body": "more"})
		must(t, k.Node, k.who, "startGeneration", "generation { id }", apptest.Vars{"conversationId": k.id, "body": "more", "model": llmtwin.Name + "/unpriced"})
		k.limit(t, nil)
		generation, _ = k.say(t, "Say it all")
		if x := k.watch(t, generation, ""); x.text != poem {
			t.Errorf("without a limit: %q", x.text)
		}
		for _, amount := range []string{"", "-1", "1e3", "0.0000001", "1000000000", "a"} {
			refuse(t, k.Node, k.who, "INVALID monthlyLimit", "setModelBudget", "", apptest.Vars{"workspaceId": k.ws, "monthlyLimit": amount})
		}
	})
}

func TestBudgetsAreOfAMonth(t *testing.T) {
	t.Parallel()
	script := func(c *llmtwin.Call) llmtwin.Script { return llmtwin.Words(poem, c, 0) }
	for _, engine := range enttest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			twin, models := apptest.Twin(t, llmtwin.Config{Script: script})
			c := clock.NewManual(time.Date(2026, time.December, 31, 23, 30, 0, 0, time.UTC))
			n := apptest.Start(t, engine, apptest.Options{Models: models, Clock: c, Idle: true, Args: []string{"--access-ttl=24h"}})
			k := newTalk(t, n, twin)
			k.limit(t, "0.001")
			k.say(t, "Say a poem")
			if err := n.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			a := k.Must(t, k.who.Token, budget, apptest.Vars{"w": k.ws})
			is(t, a, "workspace.modelBudget.month", "2026-12")
			is(t, a, "workspace.modelBudget.resetsAt", "2027-01-01T00:00:00Z")
			if spent, _ := k.budget(t); spent == 0 {
				t.Error("nothing was spent")
			}
			c.Advance(time.Hour)
			a = k.Must(t, k.who.Token, budget, apptest.Vars{"w": k.ws})
			is(t, a, "workspace.modelBudget.month", "2027-01")
			is(t, a, "workspace.modelBudget.spent.amount", "0.00")
			is(t, a, "workspace.modelBudget.monthlyLimit.amount", "0.001")
			k.say(t, "Say a poem")
			if err := n.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if spent, reserved := k.budget(t); spent == 0 || spent > 400 || reserved != 0 {
				t.Errorf("%d were spent, %d are held", spent, reserved)
			}
		})
	}
}

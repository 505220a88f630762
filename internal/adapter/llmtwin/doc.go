// Package llmtwin is a twin of the providers of language models: a server on loopback that speaks OpenAI's and Anthropic's
// protocols and asks no model. It answers from a script, says what it is, counts what it would have billed, and can break in
// every way a provider was seen to: it refuses, stalls, cuts off, sends garbage.
package llmtwin

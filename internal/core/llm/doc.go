// Package llm is the port to language models: what a provider of them is asked and answers, how it may fail, and the models
// that this installation offers. Adapters pass the suite in internal/adapter/llmtwin/llmtest.
package llm

// Package pinned holds what a run keeps of something that may change while it runs.
package pinned

// Tool is a tool as it was when a run began: a later version does not change what the run does.
type Tool struct {
	Name   string `json:"name"`
	Number string `json:"number"`
	// VersionID is empty for a built-in tool.
	VersionID string `json:"versionId,omitempty"`
	Hash      string `json:"hash"`
}

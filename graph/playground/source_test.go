package playground

import (
	"regexp"
	"strings"
)

var (
	literal  = regexp.MustCompile("(?s)[`\"]((?:query|mutation) \\w+.*?\\})[`\"][;,\\n]")
	fragment = regexp.MustCompile(`const SESSION = "([^"]*)"`)
)

// operationsIn finds the documents in a script: string literals that begin with an operation.
func operationsIn(source string) []string {
	session := ""
	if match := fragment.FindStringSubmatch(source); match != nil {
		session = match[1]
	}
	var documents []string
	for _, match := range literal.FindAllStringSubmatch(source, -1) {
		documents = append(documents, strings.ReplaceAll(match[1], "${SESSION}", session))
	}
	return documents
}

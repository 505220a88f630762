package playground

import (
	"errors"
	"fmt"
	"strings"
)

// Config says what the page shows and where it sends operations.
type Config struct {
	// Endpoint is the path of the GraphQL endpoint on this host, for HTTP and for
	// the websocket: "/graphql".
	Endpoint string
	// Title is the name in the page's bar and title; "karnak" where it is empty.
	Title string
	// Version is shown beside the title; nothing is where it is empty.
	Version string
	// DemoUsers can be picked in the sign-in box. They are part of the page, with
	// their passwords: give only those of a seeded demo.
	DemoUsers []DemoUser
	// Links stand beside the title.
	Links []Link
}

// DemoUser is somebody the sign-in box offers.
type DemoUser struct {
	// Name is the name to show.
	Name string `json:"name"`
	// Email and Password sign the user in.
	Email    string `json:"email"`
	Password string `json:"password"`
	// Role and Workspace tell who this is; both may be empty.
	Role      string `json:"role,omitempty"`
	Workspace string `json:"workspace,omitempty"`
}

// Link leads to another page of this server.
type Link struct {
	// Label is the text to click.
	Label string `json:"label"`
	// Path is an absolute path on this host: "/docs".
	Path string `json:"path"`
}

// validate reports every fault of the configuration at once.
func (c Config) validate() error {
	var faults []error
	if !localPath(c.Endpoint) {
		faults = append(faults, fmt.Errorf("playground: Endpoint %q is not an absolute path on this host", c.Endpoint))
	}
	for i, user := range c.DemoUsers {
		if user.Name == "" || user.Email == "" || user.Password == "" {
			faults = append(faults, fmt.Errorf("playground: DemoUsers[%d] needs a name, an e-mail address and a password", i))
		}
	}
	for i, link := range c.Links {
		if link.Label == "" || !localPath(link.Path) {
			faults = append(faults, fmt.Errorf("playground: Links[%d] needs a label and an absolute path on this host", i))
		}
	}
	return errors.Join(faults...)
}

// localPath refuses "//host", which a browser reads as another host.
func localPath(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.ContainsAny(path, "\\ \t\r\n")
}

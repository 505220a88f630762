// Package activity is the feed of a workspace: the public events of its log, as a list and live, with the same cursors.
//
// It owns no table and no event. feed:read opens it; events of a channel the reader may not read are left out, in the list
// and live alike.
package activity

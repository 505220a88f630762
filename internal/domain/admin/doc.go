// Package admin is what those see and do who run the platform: the open connections of every node, and their end.
//
// It owns no table. Its permission is admin:system, which superAdmin has.
package admin

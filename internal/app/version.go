package app

import "karnak/schema"

// Version is the version of karnak; the build sets it.
var Version = "dev"

// Schema returns the published contract.
func Schema() string { return schema.Published }

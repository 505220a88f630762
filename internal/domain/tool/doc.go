// Package tool is what members and language models can have done: the built-in tools, and a workspace's own, which are programs in
// JavaScript that run in a sandbox. What a tool does is told by a version that is never changed and has to be approved; a run pins
// one. A run may do what both its caller and the tool may, is made by a worker of any node on a tape, and waits for a person's yes
// where the tool says so: the yes is bound to the hash of the arguments.
//
// It owns the tables tools, tool_versions and tool_invocations, and the events tool.*. tool:read sees the tools and one's own runs
// and tool:invoke runs them: the role user has both; tool:write proposes versions: pro; tool:approve decides about them: admin.
package tool

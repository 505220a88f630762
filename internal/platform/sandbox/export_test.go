package sandbox

// Confine does to this process what a child does to itself.
func Confine(l Limits) error {
	if err := settle(); err != nil {
		return err
	}
	return confine(l)
}

// Racing is that limits are not what they are.
const Racing = racing

// Plain makes a pool take the kernel for one that refuses namespaces.
func (p *Pool) Plain() { p.plain.Store(true) }

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

package tool

import (
	"context"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"math/big"
	"regexp"
	"strings"
)

// What a calculation may come to: the bits of a number's parts, and the digits behind the point that are told.
const (
	mostBits   = 4096
	mostDigits = 30
)

var errExpression = fail(InvalidArguments, "This is no expression: write numbers, + - * / %%, parentheses, and abs, min, max, round, floor, ceil, sqrt and pow.")

func calculates(_ context.Context, _ string, arguments json.RawMessage) (any, error) {
	var in struct {
		Expression string `json:"expression"`
	}
	if err := json.Unmarshal(arguments, &in); err != nil {
		return nil, err
	}
	x, exact, err := calculate(in.Expression)
	if err != nil {
		return nil, err
	}
	text, all := written(x)
	return map[string]any{"value": text, "exact": exact && all}, nil
}

// calculate works an expression out with fractions; exact is false where a root was drawn that is none.
func calculate(expression string) (x *big.Rat, exact bool, err error) {
	e, err := parser.ParseExpr(strings.ReplaceAll(expression, "\n", " "))
	if err != nil {
		return nil, false, errExpression
	}
	c := &calculation{exact: true}
	x, err = c.value(e)
	return x, c.exact, err
}

// written returns a number in digits, and whether those are all of it.
func written(x *big.Rat) (string, bool) {
	if n, exact := x.FloatPrec(); exact && n <= mostDigits {
		return x.FloatString(n), true
	}
	s := strings.TrimRight(x.FloatString(mostDigits), "0")
	return strings.TrimRight(s, "."), false
}

type calculation struct{ exact bool }

func (c *calculation) value(e ast.Expr) (*big.Rat, error) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return c.value(e.X)
	case *ast.BasicLit:
		return number(e)
	case *ast.UnaryExpr:
		x, err := c.value(e.X)
		if err != nil || e.Op != token.SUB && e.Op != token.ADD {
			return nil, either(err, errExpression)
		}
		if e.Op == token.SUB {
			x.Neg(x)
		}
		return x, nil
	case *ast.BinaryExpr:
		x, err := c.value(e.X)
		if err != nil {
			return nil, err
		}
		y, err := c.value(e.Y)
		if err != nil {
			return nil, err
		}
		return bounded(binary(e.Op, x, y))
	case *ast.CallExpr:
		return c.call(e)
	}
	return nil, errExpression
}

// decimal is a number in digits; a longer exponent would make a number of any length from a few of them.
var decimal = regexp.MustCompile(`^(?:[0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?$`)

func number(e *ast.BasicLit) (*big.Rat, error) {
	if !decimal.MatchString(e.Value) {
		return nil, errExpression
	}
	x, ok := new(big.Rat).SetString(strings.ReplaceAll(e.Value, "_", ""))
	if !ok {
		return nil, errExpression
	}
	return bounded(x, nil)
}

// bounded refuses a number that has become too long to go on with.
func bounded(x *big.Rat, err error) (*big.Rat, error) {
	if err == nil && x.Num().BitLen()+x.Denom().BitLen() > mostBits {
		return nil, fail(InvalidArguments, "A number becomes too large.")
	}
	return x, err
}

func binary(op token.Token, x, y *big.Rat) (*big.Rat, error) {
	out := new(big.Rat)
	switch op {
	case token.ADD:
		return out.Add(x, y), nil
	case token.SUB:
		return out.Sub(x, y), nil
	case token.MUL:
		return out.Mul(x, y), nil
	case token.QUO, token.REM:
		if y.Sign() == 0 {
			return nil, fail(InvalidArguments, "Nothing is divided by zero.")
		}
		if out.Quo(x, y); op == token.REM {
			out.Sub(x, new(big.Rat).Mul(y, truncated(out)))
		}
		return out, nil
	}
	return nil, errExpression
}

func truncated(x *big.Rat) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Quo(x.Num(), x.Denom()))
}

func floored(x *big.Rat) *big.Rat {
	n := new(big.Int)
	n.Div(x.Num(), x.Denom()) // Euclidean, and the denominator is positive
	return new(big.Rat).SetInt(n)
}

func (c *calculation) call(e *ast.CallExpr) (*big.Rat, error) {
	name, ok := e.Fun.(*ast.Ident)
	if !ok || len(e.Args) == 0 {
		return nil, errExpression
	}
	var args []*big.Rat
	for _, a := range e.Args {
		x, err := c.value(a)
		if err != nil {
			return nil, err
		}
		args = append(args, x)
	}
	x := args[0]
	switch {
	case name.Name == "min" || name.Name == "max":
		for _, y := range args[1:] {
			if y.Cmp(x) < 0 == (name.Name == "min") {
				x = y
			}
		}
		return x, nil
	case name.Name == "round" && len(args) <= 2:
		return rounded(args)
	case name.Name == "pow" && len(args) == 2:
		return power(x, args[1])
	case len(args) > 1:
		return nil, errExpression
	}
	switch name.Name {
	case "abs":
		return x.Abs(x), nil
	case "floor":
		return floored(x), nil
	case "ceil":
		return new(big.Rat).Neg(floored(x.Neg(x))), nil
	case "sqrt":
		return c.root(x)
	}
	return nil, errExpression
}

// rounded rounds half away from zero, to so many digits behind the point.
func rounded(args []*big.Rat) (*big.Rat, error) {
	digits := int64(0)
	if len(args) == 2 {
		if !args[1].IsInt() || args[1].Num().CmpAbs(big.NewInt(mostDigits)) > 0 {
			return nil, fail(InvalidArguments, "round takes at most %d digits.", mostDigits)
		}
		digits = args[1].Num().Int64()
	}
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(max(digits, -digits)), nil))
	if digits < 0 {
		scale.Inv(scale)
	}
	x := new(big.Rat).Mul(args[0], scale)
	half := big.NewRat(int64(x.Sign()), 2)
	return bounded(new(big.Rat).Quo(truncated(half.Add(half, x)), scale), nil)
}

func power(x, y *big.Rat) (*big.Rat, error) {
	if !y.IsInt() || y.Num().CmpAbs(big.NewInt(mostBits)) > 0 {
		return nil, fail(InvalidArguments, "pow takes a whole number of at most %d as its second one.", mostBits)
	}
	n := y.Num().Int64()
	if (x.Num().BitLen()+x.Denom().BitLen())*int(max(n, -n)) > 2*mostBits {
		return nil, fail(InvalidArguments, "A number becomes too large.")
	}
	if n < 0 {
		if x.Sign() == 0 {
			return nil, fail(InvalidArguments, "Nothing is divided by zero.")
		}
		x, n = new(big.Rat).Inv(x), -n
	}
	e := big.NewInt(n)
	return bounded(new(big.Rat).SetFrac(new(big.Int).Exp(x.Num(), e, nil), new(big.Int).Exp(x.Denom(), e, nil)), nil)
}

// root draws a square root, exactly where it is a fraction.
func (c *calculation) root(x *big.Rat) (*big.Rat, error) {
	if x.Sign() < 0 {
		return nil, fail(InvalidArguments, "There is no square root of a number below zero.")
	}
	n, d := new(big.Int).Sqrt(x.Num()), new(big.Int).Sqrt(x.Denom())
	if r := new(big.Rat).SetFrac(n, d); new(big.Rat).Mul(r, r).Cmp(x) == 0 {
		return r, nil
	}
	c.exact = false
	const precision = 128
	f := new(big.Float).SetPrec(precision).SetRat(x)
	r, _ := f.Sqrt(f).Rat(nil)
	return bounded(r, nil)
}

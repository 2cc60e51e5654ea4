package geysersim

import (
	"slices"
)

// tell pushes events to every queue.
func (c *chain) tell(events ...event) {
	if len(events) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.push(events...)
}

func (c *chain) push(events ...event) {
	for _, q := range c.queues {
		q.push(events)
	}
}

func (c *chain) everyQueue() []*queue {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.queues)
}

// join adds the queue of a new stream.
func (c *chain) join(q *queue) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queues = append(c.queues, q)
}

// activate counts a queue as a real subscriber, once.
func (c *chain) activate() {
	c.mu.Lock()
	c.active++
	c.mu.Unlock()
	c.start()
	signal(c.room)
}

// leave takes the queue of a stream away.
func (c *chain) leave(q *queue, active bool) {
	c.mu.Lock()
	c.queues = slices.DeleteFunc(c.queues, func(other *queue) bool { return other == q })
	if active {
		c.active--
	}
	c.mu.Unlock()
	signal(c.room)
}
